import { rejectWeakUri, openStore } from '../../src/store/database.js';
import { dropStore } from '../support/store.js';

test.each(['w=1', 'w=0', 'journal=false', 'j=false', 'readConcernLevel=local', 'retryWrites=false', 'W=1'])(
  'a connection string with %s is rejected, because it weakens writes or reads',
  (option) => {
    expect(() => rejectWeakUri(`mongodb://db.test/?replicaSet=rs0&${option}`)).toThrow(/weakens/);
  },
);

test.each([
  'fsync=false',
  'w=majority&w=1',
  '%77=1',
  'readPreference=secondary',
  'readpreference=secondaryPreferred',
  'readPreference=nearest',
  'readPreference=primaryPreferred',
  'readPreferenceTags=dc:ny',
  'maxStalenessSeconds=120',
  'readConcernLevel=available',
  'readConcernLevel=snapshot',
  'tlsInsecure=true',
  'TLSINSECURE=true',
  'tls=true&tlsAllowInvalidCertificates=true',
  'tlsAllowInvalidHostnames=true',
  'tlsDisableOCSPEndpointCheck=true',
  'tlsDisableCertificateRevocationCheck=true',
  'sslValidate=false',
  'rejectUnauthorized=false',
  'checkServerIdentity=false',
  'secureProtocol=TLSv1_method',
  'ciphers=NULL',
])('a connection string with %s is rejected, because it weakens writes, reads or TLS', (option) => {
  for (const uri of ['mongodb://db.test/', 'mongodb+srv://db.test/'])
    expect(() => rejectWeakUri(`${uri}?replicaSet=rs0&${option}`)).toThrow(/^MONGODB_URI sets \S+, which weakens/);
});

test('a connection string cannot disable TLS where it is the default', () => {
  for (const option of ['tls=false', 'ssl=false'])
    expect(() => rejectWeakUri(`mongodb+srv://db.test/?${option}`)).toThrow(/weakens TLS/);
});

test('a connection string that weakens nothing is accepted', () => {
  for (const options of [
    'w=majority&journal=true&retryWrites=true',
    'readPreference=primary&readConcernLevel=majority&tlsInsecure=false&tls=true&tlsCAFile=/ca.pem',
    'directConnection=true&authSource=admin&authMechanism=MONGODB-X509&compressors=zstd&maxPoolSize=5',
  ])
    expect(() => rejectWeakUri(`mongodb://user:w%3D1@db.test/x?${options}`)).not.toThrow();
});

test('the error for an unreachable server names it without its password', async () => {
  const attempt = openStore(
    { uri: 'mongodb://user:hunter2@127.0.0.1:1/?replicaSet=rs0', database: 'x', hostsCollection: 'hosts' },
    { timeoutMs: 300 },
  );
  await expect(attempt).rejects.toThrow(/MongoDB at mongodb:\/\/127.0.0.1:1\/ does not respond/);
  await expect(attempt).rejects.not.toThrow(/hunter2/);
});

test('a majority acknowledges writes with journal, and MongoDB does not compress the compressed raw bodies again', async () => {
  const store = await openStore({
    uri: process.env['ROLLCALL_TEST_MONGODB_URI']!,
    database: `d${Date.now()}`,
    hostsCollection: 'machines',
  });
  try {
    expect(store.records.writeConcern).toMatchObject({ w: 'majority' });
    expect(store.client.writeConcern?.journal ?? store.client.options.writeConcern.journal).toBe(true);
    const [bodies] = await store.db.listCollections({ name: 'bodies' }).toArray();
    expect(JSON.stringify(bodies)).toContain('block_compressor=none');
    expect(store.hosts.collectionName).toBe('machines');
  } finally {
    await dropStore(store);
  }
});
