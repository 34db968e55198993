import { normalizedHost } from '../../../../src/normalize/normalized-host.js';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../../../src/store/database.js';
import { mergeChanged } from '../../../../src/merge/drain.js';
import { putRecords } from '../../../../src/store/collections/records.js';
import { record } from '../../../host/records.js';
import { type Ran, runProgram } from '../../../support/program.js';
import { dropStore, freshStore } from '../../../support/store.js';

/** Runs the commands that show hosts and decide about them: the compiled program on a real mongod. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-hosts-'));
const database = `c${randomUUID().slice(0, 8)}`;
let store: Store;

const ago = (days: number) => new Date(Date.now() - days * 86_400_000 - 60_000);

async function put(...records: ReturnType<typeof record>[]): Promise<void> {
  for (const one of records) {
    const { id, source, vendor } = one;
    const origin = { source, vendor, page: `p/${id}`, run: 'run-1', observedAt: new Date() };
    await putRecords(store, origin, [normalizedHost(one)]);
  }
  await mergeChanged(store, { holder: 'test', run: 'run-1' });
}

function run(args: string[], environment: Record<string, string> = {}): Promise<Ran> {
  const env = {
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
    MONGODB_DATABASE: database,
    ...environment,
  };
  return runProgram([...args], { cwd: dir, env });
}

const hostOf = async (id: string) => (await store.hosts.findOne({ 'sources.record': id }))!._id;

const MAC = '00:50:56:8a:11:22';
beforeAll(async () => {
  store = await freshStore({ database });
  await put(
    record('qualys:web', {
      hostname: 'web-01.corp.example.com',
      os: { name: 'Windows 11', type_id: 100 },
      hw_info: { serial_number: 'C02F60U4Q05N' },
      network_interfaces: [{ mac: MAC }],
      last_seen_time: ago(40),
    }),
    record('crowdstrike:web', {
      hostname: 'web-01',
      os: { name: 'Windows 10', type_id: 100 },
      hw_info: { serial_number: 'C02F60U4Q05N' },
      network_interfaces: [{ mac: MAC }],
      last_seen_time: ago(0),
    }),
    record('qualys:db', { hostname: 'db-01', hw_info: { serial_number: 'C02F60U4Q05X' }, last_seen_time: ago(1) }),
  );
});
afterAll(async () => {
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

test('host shows all values, including contradicting ones, and why its records are one host', async () => {
  const { out, code } = await run(['host', 'qualys:web', '--why']);
  expect(code).toBe(0);
  expect(out).toMatch(/os +"Windows 10" \(crowdstrike, 1 min ago\) · "Windows 11" \(qualys, 40 days ago\)/);
  expect(out).toMatch(/known to\n +crowdstrike:web {2}seen 1 min ago\n +qualys:web {2}seen 40 days ago/);
  expect(out).toMatch(
    /CrowdStrike record crowdstrike:web and Qualys record qualys:web are one host because both report serial number C02F60U4Q05N/,
  );
});

test('host takes an id, a record or a name, and prints a remedy for anything else', async () => {
  const id = await hostOf('qualys:db');
  for (const name of [id, 'qualys:db', 'DB-01']) {
    const { out } = await run(['host', name, '--json']);
    expect(JSON.parse(out)).toMatchObject({ _id: id });
  }
  const unknown = await run(['host', 'nobody']);
  expect(unknown).toMatchObject({ code: 2, err: expect.stringMatching(/There is no host nobody\nGive a host id/) });
});

test('why shows what two records share and what they lack', async () => {
  expect((await run(['why', 'qualys:web', 'crowdstrike:web'])).out).toMatch(
    /^One host\.\n.*serial number C02F60U4Q05N/,
  );
  expect((await run(['why', 'qualys:web', 'qualys:db'])).out).toMatch(/^Not one host\.\n.*no identifier in common/);
  expect((await run(['why', 'qualys:web', 'qualys:nothing'])).err).toMatch(/There is no host qualys:nothing/);
});

test('a split and a join apply in every later run, are listed, and can be undone', async () => {
  const before = await hostOf('qualys:web');
  const split = await run(['split', before, 'crowdstrike:web', '--because', 'a clone', '--by', 'ann']);
  expect(split).toMatchObject({ code: 0, err: '' });
  expect(await hostOf('qualys:web')).not.toBe(await hostOf('crowdstrike:web'));
  // The next merge resolves the same records again and keeps the decision.
  await store.records.updateMany({}, { $set: { dirty: true, unresolved: true } });
  await mergeChanged(store, { holder: 'test', run: 'run-2' });
  expect(await hostOf('qualys:web')).not.toBe(await hostOf('crowdstrike:web'));
  const { out } = await run(['decisions']);
  expect(out).toMatch(/^[0-9a-f]{24} {2}split crowdstrike:web qualys:web {2}by ann, 20.*: a clone\n$/);
  expect((await run(['host', 'qualys:web', '--why'])).out).toMatch(/kept apart: a user decided so/);

  expect((await run(['undo', out.slice(0, 24), '--by', 'bob'])).code).toBe(0);
  expect(await hostOf('qualys:web')).toBe(await hostOf('crowdstrike:web'));
  expect((await run(['decisions', '--all'])).out).toMatch(/taken back by bob/);
  expect(await run(['undo', out.slice(0, 24)])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/There is no active decision/),
  });

  expect((await run(['join', 'db-01', 'crowdstrike:web', '--because', 'same asset tag'])).code).toBe(0);
  expect(await hostOf('qualys:db')).toBe(await hostOf('qualys:web'));
  const history = await run(['host', 'qualys:db', '--history']);
  expect(history.out).toMatch(/created {2}\(run-1\)[^]*\(rollcall (split|join)\)/);
  const joined = (await run(['decisions', '--json'])).out.trim();
  await run(['undo', (JSON.parse(joined) as { _id: string })._id]);
});

test('a former id still finds its host', async () => {
  const [a, b] = [await hostOf('qualys:db'), await hostOf('qualys:web')];
  await run(['join', 'qualys:db', 'qualys:web', '--because', 'test']);
  for (const id of [a, b])
    expect(JSON.parse((await run(['host', id, '--json'])).out)).toMatchObject({ _id: await hostOf('qualys:db') });
  expect((await run(['split', 'qualys:db', 'qualys:else', '--because', 'test'])).err).toMatch(
    /not of host .*\nIts records are/,
  );
  const { out } = await run(['decisions', '--json']);
  await run(['undo', (JSON.parse(out) as { _id: string })._id]);
});

test('merge --dry-run shows what an addition to the deny lists would split and writes nothing; merge splits it', async () => {
  const denyLists = join(dir, 'junk.json');
  writeFileSync(denyLists, JSON.stringify({ serials: ['C02F60U4Q05N'], macs: [MAC], hostnames: ['web-01'] }));
  const lists = { ROLLCALL_DENY_LISTS: denyLists };
  const before = await store.hosts.find().sort({ _id: 1 }).toArray();
  const { out } = await run(['merge', '--dry-run'], lists);
  expect(out).toMatch(/3 records, 2 of them would get other keys; 2 hosts would be 3\n0 merges\n1 splits\n/);
  expect(await store.hosts.find().sort({ _id: 1 }).toArray()).toEqual(before);
  expect((await run(['merge', '--dry-run'])).out).toMatch(
    /0 of them would get other keys; 2 hosts would be 2\n0 merges\n0 splits$/m,
  );

  expect((await run(['merge'], lists)).out).toMatch(/3 records resolved, 2 of them with other keys: 1 hosts new/);
  expect(await store.hosts.countDocuments()).toBe(3);
  expect((await run(['merge', '--json'])).out).toMatch(/"removed":1/);
  expect(await store.hosts.countDocuments()).toBe(2);
  writeFileSync(denyLists, '{"serial": []}');
  expect(await run(['merge'], lists)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/ROLLCALL_DENY_LISTS: .*serial/),
  });
});
