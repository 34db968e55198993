import { refuseWeakUri, openStore } from '../../src/store/database.js';
import { dropStore } from '../support/store.js';

test.each(['w=1', 'w=0', 'journal=false', 'j=false', 'readConcernLevel=local', 'retryWrites=false', 'W=1'])(
  'a connection string with %s is refused, because it would weaken what "stored" means',
  (option) => {
    expect(() => refuseWeakUri(`mongodb://db.test/?replicaSet=rs0&${option}`)).toThrow(/weakens/);
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
])('a connection string with %s is refused: it would weaken what is read, stored or encrypted', (option) => {
  for (const uri of ['mongodb://db.test/', 'mongodb+srv://db.test/'])
    expect(() => refuseWeakUri(`${uri}?replicaSet=rs0&${option}`)).toThrow(/^MONGODB_URI sets \S+, which weakens/);
});

test('TLS is not switched off where it is the default', () => {
  for (const option of ['tls=false', 'ssl=false'])
    expect(() => refuseWeakUri(`mongodb+srv://db.test/?${option}`)).toThrow(/weakens TLS/);
});

test('a connection string that asks for no less is accepted', () => {
  for (const options of [
    'w=majority&journal=true&retryWrites=true',
    'readPreference=primary&readConcernLevel=majority&tlsInsecure=false&tls=true&tlsCAFile=/ca.pem',
    'directConnection=true&authSource=admin&authMechanism=MONGODB-X509&compressors=zstd&maxPoolSize=5',
  ])
    expect(() => refuseWeakUri(`mongodb://user:w%3D1@db.test/x?${options}`)).not.toThrow();
});

test('a server that is not there is named without its password', async () => {
  const attempt = openStore(
    { uri: 'mongodb://user:hunter2@127.0.0.1:1/?replicaSet=rs0', database: 'x', hostsCollection: 'hosts' },
    { timeoutMs: 300 },
  );
  await expect(attempt).rejects.toThrow(/MongoDB at mongodb:\/\/127.0.0.1:1\/ does not answer/);
  await expect(attempt).rejects.not.toThrow(/hunter2/);
});

test('writes are acknowledged by a majority with journal, and raw bodies, compressed as they are, are not compressed again', async () => {
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
