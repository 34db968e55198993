import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from 'mongodb';
import { CHARTS } from '../../src/report/charts/index.js';
import { clean } from '../../src/report/clean.js';
import { writeReport, type WrittenReport } from '../../src/report/report.js';
import { openStore, type Store } from '../../src/store/database.js';
import type { HostDoc } from '../../src/store/documents/hosts.js';
import { AS_OF, before, fillTheRest, fleetOf, retire, store as put } from './fleet.js';
import { dropStore } from '../support/store.js';

/** Every number of a report, computed again: from all documents in plain code, and with the queries that the report shows. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-report-'));
let store: Store;
let written: WrittenReport;
let data: Data;
let hosts: HostDoc[];

type Row = (string | number)[];
interface Data {
  hosts: number;
  headlines: { label: string; value: number }[];
  charts: Record<
    string,
    { figures: Record<string, number>; table: { head: string[]; rows: Row[] }; queries: Record<string, string> }
  >;
  lists: Record<string, { hosts: number; query: string }>;
}

beforeAll(async () => {
  const database = `r${randomUUID().slice(0, 8)}`;
  store = await openStore({ uri: process.env['ROLLCALL_TEST_MONGODB_URI']!, database, hostsCollection: 'machines' });
  await put(store, fleetOf(400));
  await retire(store, ['qualys:1', 'crowdstrike:1', 'tenable:1', 'qualys:7', 'tenable:9', 'crowdstrike:12']);
  await fillTheRest(store);
  written = await writeReport(store, { dir, asOf: AS_OF, formats: ['csv'] });
  data = JSON.parse(readFileSync(join(written.dir, 'data.json'), 'utf8')) as Data;
  hosts = await store.hosts.find({}).toArray();
});
afterAll(async () => {
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

const live = () => hosts.filter(({ retired }) => !retired);
const rowsOf = (chart: string) => data.charts[chart]!.table.rows;
const figuresOf = (chart: string) => data.charts[chart]!.figures;
const add = (rows: Row[]) => rows.reduce((total, row) => total + Number(row.at(-1)), 0);

/** The count of each key, as rows. */
function tally(keys: Iterable<string>): Row[] {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].map(([key, count]) => [...key.split('\t'), count]);
}
const sorted = (rows: Row[]) => rows.map((row) => JSON.stringify(row)).sort();
const expectRows = (chart: string, rows: Row[]) => expect(sorted(rowsOf(chart))).toEqual(sorted(rows));

test('the fleet has data for every chart', () => {
  expect(live().length).toBeGreaterThan(300);
  expect(hosts.length - live().length).toBeGreaterThan(0);
  expect(live().some(({ conflicts }) => conflicts)).toBe(true);
  for (const [name, { table }] of Object.entries(data.charts))
    if (name !== 'forbidden-joins') expect([name, table.rows.length > 0]).toEqual([name, true]);
});

test('the operating systems chart counts hosts by system and version', () => {
  expectRows(
    'operating-systems',
    tally(live().map(({ device: { os } }) => `${os?.name ?? 'Not reported'}\t${os?.version ?? 'not reported'}`)),
  );
  expect(add(rowsOf('operating-systems'))).toBe(live().length);
});

test('hosts not seen for 30 days are old and hosts first seen within 30 days are new, exact to the millisecond', async () => {
  const since = before(30);
  const old = live().filter(({ last_seen }) => last_seen && last_seen < since).length;
  const fresh = live().filter(({ first_seen }) => first_seen && first_seen >= since && first_seen <= AS_OF).length;
  const later = live().filter(({ first_seen }) => first_seen && first_seen > AS_OF).length;
  expect(figuresOf('old-and-new')).toMatchObject({ old, new: fresh, found_later: later });
  expect(Math.min(old, fresh, later)).toBeGreaterThan(0);
  // A host that was seen exactly 30 days ago is not old, and a host that was found exactly then is new.
  const rest = {
    class: 'machine' as const,
    external_ips: [],
    tags: [],
    sources: [],
    keys: [],
    reasons: [],
    version: 1,
    updated_at: AS_OF,
  };
  const created = { at: AS_OF, run: 'r' };
  await store.hosts.insertOne({
    ...rest,
    _id: 'edge',
    device: { type_id: 0 },
    created,
    first_seen: since,
    last_seen: since,
  });
  const again = await writeReport(store, { dir, asOf: AS_OF, formats: [], day: 'edge' });
  await store.hosts.deleteOne({ _id: 'edge' });
  const edge = JSON.parse(readFileSync(join(again.dir, 'data.json'), 'utf8')) as Data;
  expect(edge.charts['old-and-new']!.figures).toMatchObject({ old, new: fresh + 1 });
});

test('the chart of created hosts counts by month, and its figures by year', () => {
  const months = tally(live().map(({ first_seen }) => first_seen?.toISOString().slice(0, 7) ?? 'not reported'));
  expectRows('created', months);
  const year = months
    .filter(([month]) => String(month).startsWith('2025'))
    .reduce((sum, row) => sum + Number(row[1]), 0);
  expect(figuresOf('created')['2025']).toBe(year);
});

test('the statuses chart counts live hosts by status, and retired hosts', () => {
  const retired = hosts.length - live().length;
  expectRows('statuses', [...tally(live().map(({ status }) => status ?? 'not reported')), ['retired', retired]]);
});

const agentsOf = ({ device }: HostDoc) => [...new Set(device.agent_list?.map(({ name }) => name))];
const sourcesOf = (host: HostDoc) =>
  [...new Set(host.sources.filter(({ gone }) => !gone).map(({ source }) => source))].sort();

test('the coverage chart has a matrix, counts hosts that lack an agent, and has a list of them', () => {
  const { head } = data.charts['coverage']!.table;
  const columns = head.slice(2).map((cell) => cell.replace(/^(agent|source) /, ''));
  expect(columns.toSorted()).toEqual(['Falcon Sensor', 'Qualys Cloud Agent', 'crowdstrike', 'qualys', 'tenable']);
  const has = (host: HostDoc) => [...agentsOf(host), ...sourcesOf(host)];
  const families = new Set(live().map(({ device }) => device.os?.type ?? 'not reported'));
  const rowFor = (name: string, members: HostDoc[]): Row => [
    name,
    members.length,
    ...columns.map((column) => members.filter((host) => has(host).includes(column)).length),
  ];
  expectRows('coverage', [
    rowFor('All', live()),
    ...[...families].map((family) =>
      rowFor(
        family,
        live().filter(({ device }) => (device.os?.type ?? 'not reported') === family),
      ),
    ),
  ]);
  const lacking = live().filter((host) => agentsOf(host).length < 2).length;
  const without = live().filter((host) => agentsOf(host).length === 0).length;
  expect(figuresOf('coverage')).toEqual({ machines: live().length, lacking, without });
  const lines = readFileSync(join(written.dir, 'hosts-without-agent.csv'), 'utf8').trim().split('\r\n');
  expect(lines.length - 1).toBe(lacking);
  expect(data.lists['hosts-without-agent']!.hosts).toBe(lacking);
  expect(new Set(lines.slice(1).map((line) => line.split(',')[0]))).toEqual(
    new Set(
      live()
        .filter((host) => agentsOf(host).length < 2)
        .map(({ _id }) => _id),
    ),
  );
});

test('the lists of old and new hosts have as many hosts as the figures', () => {
  expect(data.lists['hosts-not-seen']!.hosts).toBe(figuresOf('old-and-new')['old']);
  expect(data.lists['hosts-newly-found']!.hosts).toBe(figuresOf('old-and-new')['new']);
});

test('the source overlap chart counts combinations of sources, without sources that no longer list a host', () => {
  expectRows('source-overlap', tally(live().map((host) => sourcesOf(host).join(' + '))));
  for (const source of ['qualys', 'crowdstrike', 'tenable'])
    expect(figuresOf('source-overlap')[`source ${source}`]).toBe(
      live().filter((host) => sourcesOf(host).includes(source)).length,
    );
});

test('the agent versions chart counts agents by major version', () => {
  const agents = live().flatMap(({ device }) => device.agent_list ?? []);
  expectRows(
    'agent-versions',
    tally(agents.map(({ name, version }) => `${name}\t${version ? `${version.split('.')[0]}.x` : 'not reported'}`)),
  );
});

test('the cloud charts count hosts by provider, account, region and country', () => {
  const providerNames: Record<string, string> = { aws: 'AWS', azure: 'Azure', gcp: 'GCP' };
  const inCloud = live().filter(({ cloud }) => cloud);
  expectRows(
    'cloud-providers',
    tally(live().map(({ cloud }) => (cloud ? providerNames[cloud.provider]! : 'no cloud reported'))),
  );
  expectRows(
    'cloud-accounts',
    tally(
      inCloud.map(({ cloud }) => `${providerNames[cloud!.provider]}\t${cloud!.account?.uid ?? cloud!.project_uid}`),
    ),
  );
  expectRows(
    'cloud-regions',
    tally(inCloud.map(({ cloud, device }) => `${providerNames[cloud!.provider]}\t${device.region}`)),
  );
  const country: Record<string, string> = {
    'eu-central-1': 'Germany',
    'us-east-1': 'United States',
    'europe-west12': 'Italy',
    mars: 'not known',
  };
  expectRows('countries', tally(inCloud.map(({ device }) => country[device.region!]!)));
});

test('duplicates are records minus hosts, by the level that joined them', () => {
  const levels = tally(live().flatMap(({ reasons }) => reasons.map(({ level }) => level)));
  expect(sorted(rowsOf('duplicates').map(([, level, count]) => [level!, count!]))).toEqual(sorted(levels));
  const records = live().flatMap(({ sources }) => sources).length;
  expect(figuresOf('duplicates')).toEqual({ duplicates: records - live().length, records, hosts: live().length });
});

test('the conflicts chart counts each host once per contradicting field', () => {
  const paths = live().flatMap(({ conflicts = [] }) => [...new Set(conflicts.map(({ path }) => path))]);
  expectRows('conflicts', tally(paths));
  expect(figuresOf('conflicts')['hosts']).toBe(live().filter(({ conflicts }) => conflicts).length);
});

test('the charts of quarantine, freshness and runs show the stored documents', async () => {
  const kept = await store.quarantine.find().toArray();
  expectRows('quarantine', tally(kept.map(({ source, reason }) => `${source}\t${reason}`)));
  expect(figuresOf('quarantine')['records']).toBe(45);
  expect(sorted(rowsOf('freshness'))).toEqual(
    sorted([
      ['qualys', '2026-03-01 12:00', '2026-02-27 12:00', 40],
      ['crowdstrike', '2026-03-02 00:00', 'never', ''],
    ]),
  );
  const runs = rowsOf('runs');
  expect(runs).toHaveLength(30);
  expect(runs.at(-1)).toEqual(['run-32', '2026-02-22 12:00', 'completed', 49.5, 80, '']);
  const ended = runs.filter(([, , status]) => status === 'partial' || status === 'failed').length;
  expect(figuresOf('runs')).toEqual({ runs: 30, not_completed: ended });
});

test('the login charts have the right sums, and reveal no group of fewer than five people', async () => {
  const logins = await store.logins.find().toArray();
  expect(figuresOf('logins-per-day')).toMatchObject({ logins: 200, people: 40, devices: 50 });
  expectRows('logins-per-day', dailyOf(logins));
  expect(sorted(rowsOf('logins-by-locale').map((row) => row.slice(0, 2)))).toEqual(
    sorted([
      ['DE', 150],
      ['not reported', 50],
    ]),
  );
  // The two users with a tablet are counted together with the smaller of the other groups, so that no row shows either group alone.
  const android = logins.filter(({ device_type }) => device_type === 'android').length;
  const iOS = logins.filter(({ device_type }) => device_type === 'iOS').length;
  const rows = rowsOf('logins-by-device-type');
  expect(rows).toHaveLength(2);
  expect(rows.map(([name]) => name)).not.toContain('tablet');
  expect([android, iOS]).toContain(rows[0]![1]);
  expect(rows[1]![1]).toBe(200 - Number(rows[0]![1]));
  for (const value of ['SECRET', 'user-'])
    expect(readFileSync(join(written.dir, 'data.json'), 'utf8')).not.toContain(value);
});

const dailyOf = (logins: { create_date: Date; user_id: string }[]): Row[] =>
  [...new Set(logins.map(({ create_date }) => create_date.toISOString().slice(0, 10)))].map((day) => {
    const own = logins.filter(({ create_date }) => create_date.toISOString().startsWith(day));
    return [day, own.length, new Set(own.map(({ user_id }) => user_id)).size];
  });

test('the events chart counts events by category, and the smaller categories together', () => {
  expect(figuresOf('event-categories')).toEqual({ events: (45 * 46) / 2, categories: 45 });
  const counts = rowsOf('event-categories').map((row) => Number(row[2]));
  expect(counts).toEqual([...Array.from({ length: 40 }, (_, at) => 45 - at), 15]);
});

test('every query in a report runs unchanged, and returns the data of its chart', async () => {
  const scope = {
    asOf: AS_OF,
    days: 30,
    hosts: live().length,
    records: live().flatMap(({ sources }) => sources).length,
  };
  for (const chart of CHARTS) {
    const { queries, table, figures } = data.charts[chart.name]!;
    const rows: Record<string, object[]> = {};
    for (const [name, query] of Object.entries(queries)) rows[name] = await inShell(query);
    const drawn = chart.draw(clean(rows), scope);
    expect(JSON.parse(JSON.stringify([chart.name, drawn.table, drawn.figures]))).toEqual([chart.name, table, figures]);
  }
  for (const { query, hosts: count } of Object.values(data.lists)) expect(await inShell(query)).toHaveLength(count);
});

/** Runs a line as mongosh does. The line can use only `db` and `ISODate`. */
function inShell(line: string): Promise<Document[]> {
  const db = {
    getCollection: (name: string) => ({
      aggregate: (stages: Document[], options: object) =>
        store.db.collection(name).aggregate(stages, options).toArray(),
    }),
  };
  // oxlint-disable-next-line no-implied-eval -- it is the point of the test
  return new Function('db', 'ISODate', `return ${line}`)(db, (text: string) => new Date(text)) as Promise<Document[]>;
}

test('the numbers at the top equal those of the charts', () => {
  const value = (label: string) => data.headlines.find((headline) => headline.label === label)?.value;
  expect(value('Hosts')).toBe(live().length);
  expect(value('Lack an agent')).toBe(figuresOf('coverage')['lacking']);
  expect(value('Not seen')).toBe(figuresOf('old-and-new')['old']);
  expect(value('Newly found')).toBe(figuresOf('old-and-new')['new']);
  expect(value('In quarantine')).toBe(45);
});
