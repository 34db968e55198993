import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { markGone } from '../../src/merge/missing-records.js';
import { prepareSearch, searchHosts } from '../../src/search/search.js';
import type { HostQuery } from '../../src/search/query.js';
import { searchIndexes } from '../../src/search/fields.js';
import { seedSources } from '../../src/store/collections/sources.js';
import { putHosts } from '../export/inventory.js';
import { record } from '../host/records.js';
import { dropStore, freshStore } from '../support/store.js';

/** Searches for hosts in a real mongod. */
let store: Store;

beforeAll(async () => {
  store = await freshStore();
  await seedSources(store, [
    { name: 'alpha', vendor: 'alpha' },
    { name: 'beta', vendor: 'beta' },
  ]);
});

afterAll(async () => {
  await dropStore(store);
});

type Given = ReturnType<typeof record>;

/** Stores records, grouped by source. */
const put = (records: Given[]) =>
  putHosts(
    store,
    records.toSorted((a, b) => (a.source < b.source ? -1 : 1)),
    'r',
  );

/** A long limit, because these tests do not measure speed. */
const maxTimeMs = 60_000;
const ids = async (query: HostQuery, limit = 1_000) =>
  (await searchHosts(store, query, { limit, maxTimeMs })).hosts.map(({ _id }) => _id);
const names = async (query: HostQuery, limit = 1_000) =>
  (await searchHosts(store, query, { limit, maxTimeMs })).hosts.map(({ hostname }) => hostname);

/** Reads every page of a list. Each page begins at the end of the page before. */
async function paged(query: HostQuery, limit: number): Promise<string[]> {
  const found: string[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 1_000; pages += 1) {
    const page = await searchHosts(store, query, { limit, maxTimeMs, ...(after === undefined ? {} : { after }) });
    expect(page.hosts.length).toBe(page.after === undefined ? page.hosts.length : limit);
    found.push(...page.hosts.map(({ _id }) => _id));
    if (page.after === undefined) return found;
    after = page.after;
  }
  throw new Error('The list does not end');
}

const DAY = 86_400_000;
const WEB = record('alpha:1001', {
  hostname: 'web-01.corp.example.com',
  ip: '10.3.34.19',
  mac: '00:50:56:8a:11:22',
  os: { name: 'Windows 11', type_id: 100 },
  type_id: 2,
  type: 'Desktop',
  hw_info: { serial_number: 'C02F60U4Q05N' },
  network_interfaces: [
    { mac: '00:50:56:8a:11:22', ip: '10.3.34.19' },
    { mac: '02:42:ac:11:00:02', ip: '172.17.0.1' },
    { ip: 'fe80::250:56ff:fe8a:1122' },
  ],
  agent_list: [{ type_id: 1, name: 'Alpha Sensor', vendor_name: 'Alpha' }],
  external_ips: ['203.0.113.7'],
  last_seen_time: new Date(Date.now() - 40 * DAY),
  first_seen_time: new Date(Date.now() - 90 * DAY),
});
const CLOUD = record('beta:2002', {
  hostname: 'web-011',
  ip: '10.3.34.190',
  os: { name: 'Ubuntu Linux', type_id: 200 },
  type_id: 1,
  type: 'Server',
  region: 'us-east-1',
  instance_uid: 'i-082663b081f4af9c4',
  cloud: { provider: 'aws', account: { uid: '123456789012' } },
  network_interfaces: [{ mac: '06:b5:63:4a:f9:c4', ip: '172.17.0.1' }],
  status: 'normal',
  last_seen_time: new Date(),
  first_seen_time: new Date(Date.now() - DAY),
});
const NAMELESS = record('beta:3003', {
  ip: '192.0.2.9',
  hw_info: { serial_number: 'vmware-9' },
  last_seen_time: new Date(),
});

describe('a few hosts', () => {
  let web: string;
  let cloud: string;
  beforeAll(async () => {
    await put([WEB, CLOUD, NAMELESS]);
    const of = async (id: string) => (await store.hosts.findOne({ 'sources.record': id }))!._id;
    [web, cloud] = [await of('alpha:1001'), await of('beta:2002')];
  });
  afterAll(async () => {
    await Promise.all([store.records.deleteMany({}), store.hosts.deleteMany({})]);
  });

  test('the first search builds its indexes', async () => {
    const before = await store.hosts.indexes();
    expect(before.length).toBeLessThan(10);
    expect(await ids({ text: 'c02f6' })).toEqual([web]);
    expect((await store.hosts.indexes()).length).toBe(before.length + searchIndexes.length);
    await prepareSearch(store);
  });

  test.each([
    ['a full hostname', 'web-01.corp.example.com'],
    ['a full hostname in capitals with a final dot', 'WEB-01.Corp.example.com.'],
    ['the beginning of an IPv6 address of an interface', 'fe80::250'],
    ['a whole IPv6 address in another spelling', 'FE80:0:0:0:250:56ff:fe8a:1122'],
    ['the beginning of an external address', '203.0.113.'],
    ['a MAC with colons', '00:50:56:8a:11:22'],
    ['the beginning of a MAC with dashes, in capitals', '00-50-56-8A'],
    ['the beginning of a MAC with dots', '0050.568a'],
    ['a MAC without separators', '0050568a1122'],
    ['a MAC without leading zeros', '0:50:56:8a:11:22'],
    ['the beginning of a MAC with half an octet', '00:50:56:8'],
    ['the beginning of a MAC with a final colon', '00:50:56:'],
    ['the beginning of the MAC of another interface', '02:42:ac'],
    ['a serial number', 'C02F60U4Q05N'],
    ['the beginning of a serial number, in lower case', 'c02f'],
    ['a record id', 'alpha:1001'],
    ['the beginning of a record id', 'alpha:10'],
    ['the native id of a record', '1001'],
  ])('%s finds only its host', async (_what, text) => {
    expect(await ids({ text })).toEqual([web]);
  });

  test('the id of an instance or of a host, or its beginning, finds the host', async () => {
    expect(await ids({ text: 'i-0826' })).toEqual([cloud]);
    expect(await ids({ text: 'I-082663b081f4af9c4' })).toEqual([cloud]);
    expect(await ids({ text: web })).toEqual([web]);
    expect(await ids({ text: web.slice(0, 9) })).toEqual([web]);
  });

  test('exact matches come first, then other matches in the order of their names', async () => {
    expect(await ids({ text: 'web-01' })).toEqual([web, cloud]);
    expect(await ids({ text: 'web-011' })).toEqual([cloud]);
    expect(await ids({ text: '10.3.34.19' })).toEqual([web, cloud]);
    expect(await ids({ text: '10.3.34.190' })).toEqual([cloud]);
    expect(new Set(await ids({ text: '172.17.0.1' }))).toEqual(new Set([web, cloud]));
  });

  test('a row of the result has the values for a list', async () => {
    const { hosts } = await searchHosts(store, { text: 'web-011' }, { limit: 5 });
    expect(hosts).toEqual([
      {
        _id: cloud,
        hostname: 'web-011',
        ip: '10.3.34.190',
        os: 'Ubuntu Linux',
        type: 'Server',
        provider: 'aws',
        sources: ['beta'],
        first_seen: CLOUD.observation.device.first_seen_time,
        last_seen: CLOUD.observation.device.last_seen_time,
      },
    ]);
  });

  test('a search without text lists all live hosts by name, and hosts without a name last', async () => {
    expect(await names({})).toEqual(['web-01.corp.example.com', 'web-011', undefined]);
    expect(await names({}, 2)).toEqual(['web-01.corp.example.com', 'web-011']);
  });

  test.each<[HostQuery, 'web' | 'cloud' | 'both' | 'none']>([
    [{ source: 'alpha' }, 'web'],
    [{ lacks: 'alpha', text: 'web' }, 'cloud'],
    [{ os: 'Windows 11' }, 'web'],
    [{ type: 'Server' }, 'cloud'],
    [{ provider: 'aws' }, 'cloud'],
    [{ account: '123456789012' }, 'cloud'],
    [{ region: 'us-east-1' }, 'cloud'],
    [{ status: 'normal' }, 'cloud'],
    [{ agent: 'Alpha Sensor' }, 'web'],
    [{ staleDays: 30 }, 'web'],
    [{ text: 'web', os: 'Windows 11' }, 'web'],
    [{ text: 'web', os: 'Windows 11', provider: 'aws' }, 'none'],
    [{ text: 'web', retired: false }, 'both'],
    [{ retired: true }, 'none'],
  ])('the query %j finds the matching hosts', async (query, which) => {
    const expected = { web: [web], cloud: [cloud], both: [web, cloud], none: [] }[which];
    expect(await ids(query)).toEqual(expected);
  });

  test.each([
    '.*',
    '^web',
    'web-0[12]',
    'web|beta',
    'w.b',
    '$ne',
    '{"$gt":""}',
    '\u0000',
    '\\',
    '(',
    'w%',
    '*',
    '\ud800',
  ])('the text %j is matched literally', async (text) => {
    expect(await ids({ text })).toEqual([]);
  });

  test('an object in place of a text is not used as an operator', async () => {
    const query = { os: { $ne: '' }, source: { $gt: '' } } as unknown as HostQuery;
    expect(await ids(query)).toEqual([]);
  });

  test('a source that no longer lists a host is no longer a source of it', async () => {
    await markGone(store, ['alpha:1001'], new Date());
    await mergeChanged(store, { holder: 'test', run: 'r' });
    expect(await ids({ text: 'web-01' })).toEqual([cloud]);
    expect(await ids({ source: 'alpha' })).toEqual([]);
    expect(await ids({ text: 'web', retired: true })).toEqual([web]);
    expect((await searchHosts(store, { retired: true }, { limit: 1 })).hosts[0]).toMatchObject({
      sources: ['alpha'],
      retired: true,
    });
  });

  test('an invalid cursor and an invalid number of days are rejected', async () => {
    await expect(searchHosts(store, {}, { limit: 1, after: 'x' })).rejects.toThrow('cursor is not valid');
    const elsewhere = Buffer.from('[99,"a","b"]').toString('base64url');
    await expect(searchHosts(store, {}, { limit: 1, after: elsewhere })).rejects.toThrow('cursor is not valid');
    await expect(searchHosts(store, { staleDays: Number.NaN }, { limit: 1 })).rejects.toThrow('not a number of days');
  });

  test('a search that takes too long fails with a remedy', async () => {
    await expect(searchHosts(store, { text: 'web' }, { limit: 1, maxTimeMs: 0 })).rejects.toMatchObject({
      name: 'Failure',
      details: { remedy: expect.stringContaining('Give more of the name') },
    });
  });
});

describe('many hosts', () => {
  const COUNT = 160;
  beforeAll(async () => {
    // Values that many hosts share: names, bridges, docks. Every third host has the name localhost.
    await put(
      Array.from({ length: COUNT }, (_, n) =>
        record(`${n % 2 ? 'alpha' : 'beta'}:${10_000 + n}`, {
          keys: [],
          hostname: n % 3 === 0 ? 'localhost' : `srv-${n % 7}-${String(n).padStart(5, '0')}`,
          ip: `10.0.${n % 16}.${n % 250}`,
          os: { name: n % 10 === 0 ? 'AIX' : 'Ubuntu Linux', type_id: 200 },
          type_id: 1,
          type: 'Server',
          network_interfaces: [
            { mac: `0a:00:00:00:${hex(n % 16)}:${hex(n % 250)}`, ip: `10.1.${n % 250}.${n % 16}` },
            { mac: '02:42:00:00:00:01', ip: '172.17.0.1' },
            { ip: `10.0.${(n * 7) % 16}.${(n * 3) % 250}` },
          ],
          external_ips: ['198.51.100.1', `198.51.100.${n % 5}`],
        }),
      ),
    );
    await prepareSearch(store);
  });

  const hex = (n: number) => n.toString(16).padStart(2, '0');
  const begins = (prefix: string) => ({ $regex: `^${prefix.replaceAll('.', '\\.')}` });
  const count = (filter: object) => store.hosts.countDocuments(filter);

  test.each<[HostQuery, () => Promise<number>]>([
    [{}, () => count({})],
    [{ text: 'localhost' }, () => count({ 'device.hostname': 'localhost' })],
    [{ text: 'srv-3' }, () => count({ 'device.hostname': begins('srv-3') })],
    [
      { text: '10.1' },
      () => count({ $or: ['device.ip', 'device.network_interfaces.ip'].map((path) => ({ [path]: begins('10.1') })) }),
    ],
    [{ text: '10.' }, () => count({})],
    [{ text: '172.17.0.1' }, () => count({})],
    [{ text: '172.' }, () => count({})],
    [{ text: '198.51.100.1' }, () => count({})],
    [{ text: '02:42' }, () => count({})],
    [{ text: '0a:00:00:00:0' }, () => count({})],
    [
      { text: '10.0.3.', source: 'alpha' },
      () =>
        count({
          'sources.source': 'alpha',
          $or: ['device.ip', 'device.network_interfaces.ip'].map((path) => ({ [path]: begins('10.0.3.') })),
        }),
    ],
    [{ type: 'Server' }, () => count({})],
    [{ os: 'AIX' }, () => count({ 'device.os.name': 'AIX' })],
    [
      { os: 'Ubuntu Linux', lacks: 'beta' },
      () => count({ 'device.os.name': 'Ubuntu Linux', 'sources.source': 'alpha' }),
    ],
  ])('pages of %j neither skip nor repeat a host', async (query, expected) => {
    const whole = await ids(query, 9_999);
    expect(new Set(whole).size).toBe(whole.length);
    expect(whole.length).toBe(await expected());
    expect(whole.length).toBeGreaterThan(10);
    expect(await paged(query, 33)).toEqual(whole);
  });

  test('a search with a filter lists the matching hosts of the same search without the filter, in the same order', async () => {
    for (const text of ['', 'srv', '10.', '172.17.0.1', '10.0.1']) {
      const many = await searchHosts(store, { text }, { limit: 9_999, maxTimeMs });
      const few = await ids({ text, os: 'AIX' }, 9_999);
      expect(few.length).toBeGreaterThan(0);
      expect(few).toEqual(many.hosts.filter(({ os }) => os === 'AIX').map(({ _id }) => _id));
    }
  });

  test('no search reads the whole collection: neither its documents nor an index of it', async () => {
    await store.db.command({ profile: 2 });
    const texts = [
      's',
      'srv-3-0',
      '10.0.3',
      '172.17.0.1',
      '02:42:0',
      '0a00',
      'c02',
      'i-08',
      'h1',
      'alpha:1',
      '1000',
      'zz',
    ];
    const queries: HostQuery[] = [...texts.map((text) => ({ text })), {}, { os: 'AIX' }, { type: 'Server' }];
    for (const query of queries) await searchHosts(store, query, { limit: 20, maxTimeMs });
    await store.db.command({ profile: 0 });
    const done = await store.db
      .collection('system.profile')
      .find({
        ns: store.hosts.namespace,
        op: { $in: ['query', 'command'] },
        'command.createIndexes': { $exists: false },
      })
      .toArray();
    expect(done.length).toBeGreaterThan(queries.length);
    for (const { planSummary, command, docsExamined } of done) {
      expect(JSON.stringify([planSummary, command])).not.toMatch(/COLLSCAN/);
      // A sorted search reads its matches first. It reads fewer documents than there are hosts, even for a text that matches all hosts.
      if (command.find) expect(docsExamined).toBeLessThan(120);
    }
  });
});
