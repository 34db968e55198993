import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { csv } from '../../src/export/csv.js';
import { assetDocument, ecs } from '../../src/export/ecs.js';
import { exportHosts, FORMATS, type Exported, type FormatName, type HostsWanted } from '../../src/export/index.js';
import { inventoryInfo } from '../../src/export/ocsf.js';
import type { Store } from '../../src/store/database.js';
import type { HostDoc } from '../../src/store/documents/hosts.js';
import { record } from '../host/records.js';
import { putHosts } from './inventory.js';
import { dropStore, freshStore } from '../support/store.js';

/** Class 5001 of OCSF 1.8.0, from its published schema: names, types, enums, required fields and at-least-one constraints. */
const schema = JSON.parse(readFileSync(join(__dirname, 'ocsf-inventory-info-1.8.0.schema.json'), 'utf8')) as Record<
  string,
  unknown
>;
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(schema);

const SEEN = new Date('2026-03-02T04:15:31.250Z');
const UGLY = 'bell\u0007 csi\u009b line\u2028 del\u007f "quoted", comma\nnewline';
let store: Store;

/** Every field that a host can have. */
const FULL = record('crowdstrike:full', {
  type_id: 1,
  type: 'Server',
  name: UGLY,
  hostname: 'web-01.corp.example.com',
  domain: 'CORP',
  ip: '10.1.2.3',
  mac: '00:50:56:8a:11:22',
  network_interfaces: [
    { name: 'eth0', ip: '10.1.2.3', mac: '00:50:56:8a:11:22' },
    { hostname: 'web-01', ip: '2001:db8::1' },
  ],
  os: { name: 'Windows Server 2022', type_id: 100, type: 'Windows', version: '10.0.20348', build: '20348' },
  hw_info: {
    serial_number: 'C02F60U4Q05N',
    uuid: '4c4c4544-0042-3510-8052-b4c04f4d4d32',
    cpu_count: 8,
    ram_size: 4096,
  },
  vendor_name: 'Dell Inc.',
  model: 'PowerEdge R740',
  agent_list: [
    { type_id: 5, name: 'Qualys Agent', vendor_name: 'Qualys', uid: 'q-1' },
    { type_id: 1, name: 'Falcon Sensor', vendor_name: 'CrowdStrike', uid: 'aid-1', version: '7.10' },
  ],
  instance_uid: 'i-082663b081f4af9c4',
  image: { uid: 'ami-1' },
  region: 'us-east-1',
  zone: 'us-east-1a',
  vpc_uid: 'vpc-1',
  subnet_uid: 'subnet-1',
  org: { ou_name: 'Servers' },
  owner: { name: 'jane' },
  groups: [{ uid: 'g1', name: 'Production' }],
  is_managed: true,
  created_time: new Date('2025-01-01T00:00:00Z'),
  first_seen_time: new Date('2025-01-02T00:00:00Z'),
  last_seen_time: SEEN,
  modified_time: SEEN,
  boot_time: new Date('2026-01-02T00:00:00Z'),
  cloud: { provider: 'aws', account: { uid: '123456789012' } },
  external_ips: ['203.0.113.7'],
  tags: ['=HYPERLINK("http://evil.example","x")', 'prod'],
  software_count: 3,
  vulnerability_count: 0,
  status: '+1-call-me',
});
const BARE = record('qualys:bare', { hostname: 'bare' });
const GONE = record('qualys:gone', { hostname: 'gone', last_seen_time: new Date('2020-01-01T00:00:00Z') });

const hosts = () => store.hosts.find().sort({ _id: 1 }).toArray();
const named = async (hostname: string) => (await store.hosts.findOne({ 'device.hostname': hostname })) as HostDoc;

async function exported(name: FormatName, wanted: HostsWanted = {}, into?: Exported): Promise<string> {
  let text = '';
  for await (const piece of exportHosts(store, name, wanted, into ?? { hosts: 0, oneMoment: true })) text += piece;
  return text;
}

beforeAll(async () => {
  store = await freshStore();
  await putHosts(store, [FULL, BARE, GONE]);
  await store.records.updateOne({ _id: 'qualys:gone' }, { $set: { gone_at: new Date(), dirty: true } });
  await putHosts(store, []);
});
afterAll(async () => {
  await dropStore(store);
});

test('JSON lines contain the stored hosts, one per line, in the order of their ids', async () => {
  const lines = (await exported('jsonl', { retired: true })).trimEnd().split('\n');
  const stored = await hosts();
  expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(stored)));
  expect(lines).toHaveLength(3);
});

test('control characters are escaped, and the parsed text is unchanged', async () => {
  for (const name of ['jsonl', 'ocsf', 'ecs'] as const) {
    const text = await exported(name);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.some((line) => JSON.stringify(JSON.parse(line)).includes('del\u007f'))).toBe(true);
  }
});

test('an export selects hosts by source and time, and contains retired hosts only on request', async () => {
  const ids = async (wanted: HostsWanted) => {
    const text = await exported('jsonl', wanted);
    return text.split('\n').flatMap((line) => (line ? ((JSON.parse(line) as HostDoc).device.hostname ?? '?') : []));
  };
  expect((await ids({})).sort()).toEqual(['bare', 'web-01.corp.example.com']);
  expect(await ids({ retired: true })).toHaveLength(3);
  expect(await ids({ source: 'qualys' })).toEqual(['bare']);
  expect((await ids({ source: 'qualys', retired: true })).sort()).toEqual(['bare', 'gone']);
  expect(await ids({ since: new Date(Date.now() + 60_000) })).toEqual([]);
  await store.hosts.updateMany(
    { 'device.hostname': { $ne: 'bare' } },
    { $set: { updated_at: new Date('2020-01-01') } },
  );
  expect(await ids({ since: new Date('2026-03-02T00:00:00Z') })).toHaveLength(2);
  expect(await ids({ since: new Date('2026-03-03T00:00:00Z') })).toEqual(['bare']);
});

test('CSV is flat, escapes formulas, and keeps quotes and line ends inside their fields', async () => {
  const text = await exported('csv', { retired: true });
  const table = parseCsv(text);
  const [head, ...rows] = table;
  expect(rows).toHaveLength(3);
  expect(rows.every((row) => row.length === head!.length)).toBe(true);
  const full = Object.fromEntries(head!.map((name, at) => [name, rows.find((row) => row[1]?.startsWith('web'))![at]!]));
  expect(full).toMatchObject({
    hostname: 'web-01.corp.example.com',
    name: UGLY,
    os: 'Windows Server 2022',
    ips: '10.1.2.3; 2001:db8::1',
    agents: 'Falcon Sensor 7.10; Qualys Agent',
    sources: 'crowdstrike',
    records: 'crowdstrike:full',
    vulnerabilities: '0',
    last_seen: SEEN.toISOString(),
    retired: 'false',
  });
  expect(full['status']).toBe("'+1-call-me");
  expect(full['tags']!.startsWith("'=HYPERLINK")).toBe(true);
  const retired = rows.find((row) => row[1] === 'gone')!;
  expect(retired[head!.indexOf('retired')]).toBe('true');
  expect(retired[head!.indexOf('sources')]).toBe('');
});

test('no CSV cell begins like a formula, whatever its first character', () => {
  for (const first of ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
    const host = {
      _id: 'h1',
      device: { type_id: 0, hostname: `${first}cmd` },
      sources: [],
      external_ips: [],
      tags: [],
    };
    const [row] = parseCsv(csv.batch([host as unknown as HostDoc]));
    expect(row![1]).toBe(`'${first}cmd`);
  }
});

test('each OCSF event is valid against class 5001 of the published schema', async () => {
  const events = (await exported('ocsf', { retired: true }))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(events).toHaveLength(3);
  for (const event of events) {
    validate(event);
    expect(validate.errors ?? []).toEqual([]);
  }
  const full = inventoryInfo(await named('web-01.corp.example.com'));
  expect(full).toMatchObject({
    class_uid: 5001,
    category_uid: 5,
    activity_id: 2,
    type_uid: 500102,
    severity_id: 1,
    time: SEEN.getTime(),
    metadata: { version: '1.8.0', product: { name: 'Rollcall' }, profiles: ['cloud'] },
    cloud: { provider: 'aws', account: { uid: '123456789012' }, region: 'us-east-1', zone: 'us-east-1a' },
    device: { hostname: 'web-01.corp.example.com', last_seen_time: SEEN.getTime(), os: { type_id: 100 } },
    unmapped: { org_unit: 'Servers', external_ips: ['203.0.113.7'], vulnerability_count: 0 },
  });
});

test('the schema rejects an invalid event', async () => {
  const event = inventoryInfo(await named('web-01.corp.example.com')) as Record<string, unknown>;
  const wrong = [
    { ...event, class_uid: 5002 },
    { ...event, time: '2026-01-01T00:00:00Z' },
    { ...event, hostname: 'web' },
    { ...event, metadata: { version: '1.8.0' } },
    { ...event, metadata: { ...(event['metadata'] as object), profiles: [] } },
    { ...event, device: { hostname: 'web' } },
    { ...event, device: { type_id: 77, hostname: 'web' } },
    { ...event, device: { type_id: 1, hostname: 'web', org: { ou_name: 'Servers' } } },
  ];
  for (const bad of wrong) expect(validate(bad)).toBe(false);
});

test('ECS documents are assets with the fields of host, cloud and agent', async () => {
  const document = JSON.parse(ecs.batch([await named('web-01.corp.example.com')])) as object;
  expect(document).toMatchObject({
    '@timestamp': SEEN.toISOString(),
    event: { kind: 'asset', category: ['host'], type: ['info'], dataset: 'rollcall.hosts' },
    host: {
      name: 'web-01.corp.example.com',
      ip: ['10.1.2.3', '2001:db8::1'],
      mac: ['00-50-56-8A-11-22'],
      os: {
        type: 'windows',
        name: 'Windows Server 2022',
        full: 'Windows Server 2022 10.0.20348',
        version: '10.0.20348',
      },
    },
    agent: { id: 'aid-1', name: 'Falcon Sensor', version: '7.10' },
    cloud: { provider: 'aws', account: { id: '123456789012' }, instance: { id: 'i-082663b081f4af9c4' } },
    device: { manufacturer: 'Dell Inc.', model: { name: 'PowerEdge R740' } },
    related: { ip: ['10.1.2.3', '2001:db8::1', '203.0.113.7'] },
    rollcall: { serial_number: 'C02F60U4Q05N', records: ['crowdstrike:full'] },
  });
  const bare = JSON.parse(JSON.stringify(assetDocument(await named('bare')))) as Record<string, unknown>;
  expect(Object.keys(bare).sort()).toEqual(
    ['@timestamp', 'ecs', 'event', 'host', 'observer', 'related', 'rollcall'].sort(),
  );
});

test('an export is one snapshot: it contains no changes that happen during the export', async () => {
  const many = Array.from({ length: 1_200 }, (_, at) => record(`qualys:n${at}`, { hostname: `n-${at}` }));
  await putHosts(store, many);
  const into: Exported = { hosts: 0, oneMoment: true };
  const pieces = exportHosts(store, 'jsonl', {}, into)[Symbol.asyncIterator]();
  let text = ((await pieces.next()).value as string | undefined) ?? '';
  const before = await store.hosts.countDocuments({ retired: { $exists: false } });
  await store.hosts.updateMany({}, { $set: { status: 'moved on' } });
  await store.hosts.deleteOne({ 'device.hostname': 'n-7' });
  for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) text += piece.value;
  const seen = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as HostDoc);
  expect(into).toEqual({ hosts: before, oneMoment: true });
  expect(seen.filter(({ status }) => status === 'moved on')).toEqual([]);
  expect(new Set(seen.map(({ _id }) => _id)).size).toBe(before);
  expect(seen.map(({ _id }) => _id)).toEqual(seen.map(({ _id }) => _id).sort());
});

test('the export has four formats', () => {
  expect(Object.keys(FORMATS)).toEqual(['jsonl', 'csv', 'ocsf', 'ecs']);
});

/** RFC 4180, with LF or CRLF between rows. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\r?\n|$)/g)) {
    rows.at(-1)!.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'));
    if (end === '') break;
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}
