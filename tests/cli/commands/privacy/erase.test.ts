import { readObservation, storedObservation } from '../../../../src/store/stored-observation.js';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '../../../../src/cli/commands/verify.js';
import { normalize } from '../../../../src/normalize/normalize.js';
import { openNormalizerContext } from '../../../../src/normalize/context.js';
import { createKeyRing, openKeyRing } from '../../../../src/privacy/key-ring.js';
import { loadSources } from '../../../../src/sources/loading/registry.js';
import { getBody, partsOf } from '../../../../src/store/collections/bodies.js';
import { appendPage } from '../../../../src/store/collections/pages.js';
import { openRun } from '../../../../src/store/collections/runs.js';
import { openPipeline, type Pipeline } from '../../../support/pipeline.js';
import { sendText, serve, type HttpServer } from '../../../support/http-server.js';
import { type Ran, runProgram } from '../../../support/program.js';

/** The compiled program erases subjects from the data that the whole pipeline made of real responses. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-erase-'));
const keyRing = join(dir, 'keys.json');
const SOURCES = ['qualys-demo', 'crowdstrike-demo'];

const device = (n: number, more: object = {}) => ({
  device_id: `dev${n}`,
  hostname: `web-${n}`,
  mac_address: `00-50-56-8a-11-0${n}`,
  local_ip: `10.9.0.${n}`,
  serial_number: `VMSERIAL000${n}`,
  platform_name: 'Windows',
  os_version: 'Windows 11',
  first_seen: '2026-01-01T00:00:00Z',
  last_seen: '2026-03-01T00:00:00Z',
  ...more,
});
const asset = (n: number, more: object = {}) => ({
  id: 700_000 + n,
  dnsHostName: `web-${n}`,
  address: `10.9.0.${n}`,
  os: 'Windows 11',
  created: '2026-01-01T00:00:00Z',
  networkInterface: { list: [{ HostAssetInterface: { macAddress: `00:50:56:8a:11:0${n}`, address: `10.9.0.${n}` } }] },
  ...more,
});

const MAC = '00:50:56:8b:aa:01';
const planted = [
  'planted-one',
  'planted-two',
  '10.66.77.88',
  '8b:aa:01',
  'PLANTEDSERIAL',
  'planted.user',
  'planted-rejected',
];
const victimDevice = (hostname: string) =>
  device(9, {
    hostname,
    mac_address: MAC,
    local_ip: '10.66.77.88',
    serial_number: 'PLANTEDSERIAL1',
    last_login_user: 'planted.user',
  });
const victimAsset = (hostname: string) =>
  asset(9, {
    dnsHostName: hostname,
    address: '10.66.77.88',
    lastLoggedOnUser: 'planted.user',
    networkInterface: { list: [{ HostAssetInterface: { macAddress: MAC, address: '10.66.77.88' } }] },
  });

let served: Record<string, unknown[]>;
let server: HttpServer;
let pipeline: Pipeline;

beforeAll(async () => {
  createKeyRing(keyRing);
  server = await serve(({ path, query }, response) => {
    const hosts = served[path.includes('qualys') ? 'qualys' : 'crowdstrike']!;
    const skip = Number(query.get('skip'));
    if (skip >= hosts.length) return sendText(response, 'Error invalid skip/limit combo (>number of hosts)', 500);
    const page = hosts.slice(skip, skip + Number(query.get('limit')));
    return sendText(response, JSON.stringify(page), 200, { 'content-type': 'application/json' });
  });
  pipeline = await openPipeline({
    QUALYS_DEMO_URL: server.url,
    QUALYS_DEMO_TOKEN: 't',
    QUALYS_DEMO_PAGE_SIZE: '3',
    CROWDSTRIKE_DEMO_URL: server.url,
    CROWDSTRIKE_DEMO_TOKEN: 't',
    CROWDSTRIKE_DEMO_PAGE_SIZE: '3',
    ROLLCALL_KEY_RING: keyRing,
  });
});
async function fromNothing(): Promise<void> {
  served = {
    qualys: [
      asset(1),
      asset(2),
      victimAsset('planted-one'),
      asset(3),
      { dnsHostName: 'planted-rejected', ref: 700_009 },
    ],
    crowdstrike: [device(1), victimDevice('planted-one'), device(2), device(3)],
  };
  await pipeline.empty();
}
afterAll(async () => {
  await pipeline?.close();
  await server?.close();
  rmSync(dir, { recursive: true, force: true });
});

function run(...args: string[]): Promise<Ran> {
  const { mongodb } = pipeline.config;
  const env = {
    MONGODB_URI: mongodb.uri,
    MONGODB_DATABASE: mongodb.database,
    ROLLCALL_KEY_RING: keyRing,
  };
  return runProgram([...args], { cwd: dir, env });
}

/** Finds `values` in any field of any collection and in any raw page. */
async function found(values: readonly string[]): Promise<string[]> {
  const { store } = pipeline;
  const places = new Set<string>();
  const search = (where: string, text: string) => {
    for (const value of values)
      if (text.toLowerCase().includes(value.toLowerCase())) places.add(`${value} in ${where}`);
  };
  for (const { name } of await store.db.listCollections().toArray()) {
    const documents = store.db.collection(name).find({}, { raw: true });
    for await (const raw of documents as unknown as AsyncIterable<Buffer>)
      search(name, Buffer.from(raw).toString('latin1'));
  }
  for await (const { digest, bytes } of store.pages.find()) {
    const body = await getBody(store, digest, bytes, () => openKeyRing(keyRing).keys());
    search('raw', body!.toString('utf8'));
    expect(createHash('sha256').update(body!).digest('hex')).toBe(digest);
  }
  // Every body belongs to a page. The loop above does not search a body without a page.
  const digests = new Set(await store.pages.distinct('digest'));
  for (const { _id } of await store.bodies.find().toArray()) expect(digests.has(_id.slice(0, 64))).toBe(true);
  return [...places].sort();
}

const collect = async () => {
  const { status } = await pipeline.collect({ sources: SOURCES, force: true });
  expect(status).toBe('completed');
};
const names = async () =>
  (await pipeline.store.hosts.find().toArray()).map(({ device: { hostname } }) => String(hostname)).sort();

test('a host is erased from raw pages, records, hosts, history and quarantine, and nothing else is erased', async () => {
  await fromNothing();
  await collect();
  // The host is renamed, so its history and the pages of the first run contain the old name.
  served['qualys']![2] = victimAsset('planted-two');
  served['crowdstrike']![1] = victimDevice('planted-two');
  await collect();
  const { store } = pipeline;
  const host = (await store.hosts.findOne({ 'device.hostname': 'planted-two' }))!;
  expect(host.sources).toHaveLength(2);
  const others = await store.hosts
    .find({ _id: { $ne: host._id } })
    .sort({ _id: 1 })
    .toArray();
  expect(new Set((await found(planted)).map((place) => place.split(' in ')[1]))).toEqual(
    new Set(['changes', 'hosts', 'raw', 'records']),
  );

  const plan = JSON.parse(
    (await run('erase', '--host', host._id, '--why', 'request 17', '--dry-run', '--json')).out,
  ) as object;
  expect(plan).toMatchObject({ dryRun: true, records: 2, hosts: 1, remaining: 0 });
  expect(await found(planted)).not.toEqual([]);
  const rejected = await run('erase', '--host', host._id, '--why', 'request 17');
  expect(rejected).toMatchObject({ code: 2, err: expect.stringContaining('no terminal to ask for confirmation') });

  const { out, code, err } = await run('erase', '--host', host._id, '--why', 'request 17', '--yes', '--json');
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({ records: 2, hosts: 1 });
  expect(await found(planted.filter((value) => value !== 'planted-rejected'))).toEqual([]);
  // A rejected row belongs to the host when it contains one of the host's ids.
  expect(await found(['planted-rejected'])).toEqual([]);
  expect(await store.hosts.find().sort({ _id: 1 }).toArray()).toEqual(others);
  expect(await store.audit.find().toArray()).toMatchObject([
    { action: 'erase', why: 'request 17', count: 2, collection: 'records', of: [host._id] },
  ]);
  for (const { _id } of await store.runs.find().toArray())
    expect((await verify(pipeline.config, _id)).findings).toEqual([]);

  for (const { rows, records, checksum } of Object.values((await verify(pipeline.config, '')).sources)) {
    expect(rows.actual).toBe(rows.expected);
    expect(records).toEqual({ expected: 3, actual: 3 });
    expect(checksum.actual).toBe(checksum.expected);
  }

  // A replay of the pages gives the same inventory, and no erased row goes to quarantine.
  const waiting = await store.quarantine.countDocuments();
  const last = await store.runs.find().sort({ started_at: -1 }).next();
  const pagesFromRun = Object.fromEntries(SOURCES.map((source) => [source, last!._id]));
  await pipeline.collect({ sources: SOURCES, replay: true, pagesFromRun });
  expect(await names()).toEqual(['web-1', 'web-2', 'web-3']);
  expect(await store.quarantine.countDocuments()).toBe(waiting);

  // A host that the vendor still lists returns with the next run.
  await collect();
  expect(await names()).toEqual(['planted-two', 'web-1', 'web-2', 'web-3']);
  expect((await verify(pipeline.config, '')).findings).toEqual([]);
});

test('a user is erased from logins and sealed pages, including messages that were never normalized', async () => {
  await fromNothing();
  const { store, config } = pipeline;
  const sources = loadSources();
  const reading = openNormalizerContext(config, store, sources);
  const message = (id: string, more: object) => ({
    MessageId: id,
    Body: JSON.stringify({
      app_version: '2.3.0',
      device_type: 'android',
      ip: '199.172.111.135',
      locale: 'RU',
      device_id: 'd',
      create_date: '2026-01-01',
      ...more,
    }),
  });
  const pages = [
    [message('m1', { user_id: 'planted-user' }), message('m2', { user_id: 'other' })],
    [
      message('m3', { user_id: 'planted-user', ip: 'none' }),
      message('m4', { user_id: 'planted-user-2' }),
      message('m5', { user_id: 'planted-user', ip: '203.0.113.99' }),
    ],
  ];
  await openRun(store, 'r1', 'w', new Date());
  await store.runs.updateOne({ _id: 'r1' }, { $set: { 'sources.logins': { status: 'complete' } as never } });
  for (const [seq, Messages] of pages.entries()) {
    const body = Buffer.from(JSON.stringify({ Messages }));
    const digest = createHash('sha256').update(body).digest('hex');
    const at = {
      cursor: { seq },
      next: seq === 1 ? null : { seq: 1 },
      fetchedAt: new Date(),
      status: 200,
      mediaType: 'application/json',
    };
    await appendPage(
      store,
      'r1',
      'logins',
      seq,
      { ...at, body, digest, rows: Messages.length },
      openKeyRing(keyRing).keys(),
    );
  }
  const input = { run: 'r1', source: 'logins', from: 0, follow: false, pages: 'r1' };
  await normalize(reading, input, { rows: 100, waitMs: 0, signal: new AbortController().signal, onPage: () => {} });
  expect(await store.logins.countDocuments()).toBe(4);
  expect(await store.quarantine.countDocuments()).toBe(1);

  mkdirSync(join(dir, 'reports', '2026-01-01'), { recursive: true });
  const { out, code } = await run('erase', '--user', 'planted-user', '--why', 'request 19', '--yes');
  expect(code).toBe(0);
  expect(out).toMatch(/^Erased: 2 logins.*3 rows in 2 raw pages/);
  expect(out).toContain('2026-01-01');
  expect((await store.logins.find().sort({ _id: 1 }).toArray()).map(({ user_id }) => user_id)).toEqual([
    'other',
    'planted-user-2',
  ]);
  expect(await found(['203.0.113.99', '"planted-user"', 'planted-user\\"'])).toEqual([]);
  expect(await store.quarantine.countDocuments()).toBe(0);
  for (const { digest } of await store.pages.find().toArray())
    expect((await partsOf(store, digest))[0]).toHaveProperty('key');
  expect((await verify(config, 'r1')).findings).toEqual([]);
  expect(JSON.stringify(await store.audit.find().toArray())).not.toContain('planted');
});

test('erase requires exactly one subject, and it must exist', async () => {
  await fromNothing();
  expect((await run('erase', '--why', 'x')).code).toBe(2);
  expect((await run('erase', '--host', 'h1', '--user', 'u', '--why', 'x', '--yes')).code).toBe(2);
  expect(await run('erase', '--host', 'h00000000000000000000', '--why', 'x', '--yes')).toMatchObject({
    code: 2,
    err: expect.stringContaining('There is no host'),
  });
  expect((await run('erase', '--record', 'nonsense', '--why', 'x', '--yes')).code).toBe(2);
  const { audit } = pipeline.store;
  for (const [args, message] of [
    [['--user', 'nobody'], 'There is no such user: nobody'],
    [['--user', 'nobody', '--dry-run'], 'There is no such user: nobody'],
    [['--record', 'qualys-demo:none'], 'There is no record qualys-demo:none'],
  ] as const)
    expect(await run('erase', ...args, '--why', 'x', '--yes')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(message),
    });
  expect(await audit.countDocuments()).toBe(0);
});

describe('a host with two records', () => {
  let id: string;

  test('is found by any name, and its id is printed; when several hosts have the name, erase asks for the id', async () => {
    await fromNothing();
    await collect();
    const { hosts } = pipeline.store;
    ({ _id: id } = (await hosts.findOne({ 'device.hostname': 'planted-one' }))!);
    const { code, out } = await run('erase', '--host', 'PLANTED-ONE', '--why', 'x', '--dry-run');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(`2 records, 1 host (${id})`) });
    const { _id: other } = (await hosts.findOne({ 'device.hostname': 'web-1' }))!;
    await hosts.updateOne({ _id: other }, { $set: { 'device.hostname': 'planted-one' } });
    expect(await run('erase', '--host', 'planted-one', '--why', 'x', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringMatching(new RegExp(`2 hosts are called planted-one\\n.*by its id: .*${id}`)),
    });
    await hosts.updateOne({ _id: other }, { $set: { 'device.hostname': 'web-1' } });
    expect(await hosts.countDocuments()).toBe(4);
    const planned = await run('erase', '--host', 'qualys-demo:700009', '--why', 'x', '--dry-run', '--json');
    expect(JSON.parse(planned.out)).toMatchObject({ host: id, records: 2 });
  });

  test('stays without the values of an erased record, and is erased with its last record', async () => {
    const { store } = pipeline;
    const planted = (await store.records.findOne({ _id: 'crowdstrike-demo:dev9' }))!;
    const observation = readObservation(planted);
    observation.device.owner = { name: 'planted.user' };
    await store.records.updateOne({ _id: planted._id }, { $set: storedObservation(observation) });
    const erase = async (...subject: string[]) => {
      const { out, code } = await run('erase', ...subject, '--why', 'request 18', '--yes', '--json');
      expect(code).toBe(0);
      return JSON.parse(out) as object;
    };
    expect(await erase('--record', 'crowdstrike-demo:dev9')).toMatchObject({ records: 1, hosts: 0, remaining: 1 });
    expect(await found(['PLANTEDSERIAL', 'crowdstrike-demo:dev9'])).toEqual([]);
    const host = (await store.hosts.findOne({ 'device.hostname': 'planted-one' }))!;
    expect(host.sources.map(({ record }) => record)).toEqual(['qualys-demo:700009']);
    expect((await verify(pipeline.config, '')).findings).toEqual([]);
    expect(await erase('--host', 'qualys-demo:700009')).toMatchObject({ host: host._id, records: 1, hosts: 1 });
  });
});
