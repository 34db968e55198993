import { normalizedHost } from '../../src/normalize/normalized-host.js';
import type { HostRecord } from '../../src/host/types.js';
import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { putRecords } from '../../src/store/collections/records.js';
import { markGone } from '../../src/merge/missing-records.js';
import { record } from '../host/records.js';

/** The time of all reports in tests. */
export const AS_OF = new Date('2026-03-02T12:00:00Z');
const DAY = 86_400_000;
export const before = (days: number) => new Date(AS_OF.getTime() - days * DAY);

/** Random numbers below `limit`, always the same for a seed. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

const SYSTEMS = [
  { name: 'Windows 11', type_id: 100, type: 'Windows', version: '10.0.22631' },
  { name: 'Windows 11', type_id: 100, type: 'Windows', version: '10.0.26100' },
  { name: 'Ubuntu Linux', type_id: 200, type: 'Linux', version: '22.04' },
  { name: 'Ubuntu Linux', type_id: 200, type: 'Linux' },
  { name: 'macOS', type_id: 300, type: 'macOS', version: '14.1' },
  undefined,
];
const CLOUDS = [
  { provider: 'aws', account: { uid: '000000000001' }, region: 'eu-central-1' },
  { provider: 'aws', account: { uid: '000000000002' }, region: 'us-east-1' },
  { provider: 'gcp', project_uid: 'crucial-project', region: 'europe-west12' },
  { provider: 'azure', account: { uid: 'sub-1' }, region: 'mars' },
];
const AGENT: Record<string, { type_id: number; name: string; vendor_name: string }> = {
  crowdstrike: { type_id: 1, name: 'Falcon Sensor', vendor_name: 'CrowdStrike' },
  qualys: { type_id: 5, name: 'Qualys Cloud Agent', vendor_name: 'Qualys' },
};

/** Records of up to three sources of `machines` machines: some in clouds, some without an agent, some with contradicting systems. */
export function fleetOf(machines: number, seed = 1): HostRecord[] {
  const random = randomNumbers(seed);
  const records: HostRecord[] = [];
  for (let at = 0; at < machines; at += 1) {
    const cloud = random(3) === 0 ? CLOUDS[random(CLOUDS.length)] : undefined;
    const os = SYSTEMS[random(SYSTEMS.length)];
    const first = random(400) - 5;
    const last = Math.min(first, [0, 2, 9, 31, 100, 250, 700][random(7)]!);
    const sources = ['qualys', 'crowdstrike', 'tenable'].filter(() => random(3) > 0);
    for (const source of sources.length > 0 ? sources : ['qualys']) {
      const agent = AGENT[source];
      const other = random(12) === 0 ? SYSTEMS[random(5)] : os;
      records.push(
        record(`${source}:${at}`, {
          hostname: `host-${at}`,
          ...(other ? { os: other } : {}),
          hw_info: { serial_number: `SER${String(at).padStart(7, '0')}X` },
          ...(agent && random(4) > 0
            ? { agent_list: [{ ...agent, ...(random(9) > 0 ? { version: `${6 + random(3)}.${random(9)}` } : {}) }] }
            : {}),
          ...(cloud ? { cloud: { ...cloud }, region: cloud.region } : {}),
          ...(random(6) > 0 ? { first_seen_time: before(first + random(3)) } : {}),
          ...(random(15) > 0 ? { last_seen_time: before(last) } : {}),
          ...(random(5) > 0 ? { status: ['normal', 'contained', 'RUNNING'][random(3)]! } : {}),
        }),
      );
    }
  }
  return records;
}

/** Stores the records and merges them into hosts. */
export async function store(to: Store, records: readonly HostRecord[]): Promise<void> {
  for (const source of new Set(records.map((one) => one.source))) {
    const own = records.filter((one) => one.source === source);
    const origin = { source, vendor: own[0]!.vendor, page: `p/${source}`, run: 'run-1', observedAt: AS_OF };
    const normalized = own.map((one, row) => normalizedHost(one, { row }));
    await putRecords(to, origin, normalized, false);
  }
  await mergeChanged(to, { holder: 'test', run: 'run-1' });
}

/** Marks records as no longer listed and merges them. */
export async function retire(to: Store, ids: readonly string[]): Promise<void> {
  await markGone(to, [...ids], AS_OF);
  await mergeChanged(to, { holder: 'test', run: 'run-2' });
}

/** Stores runs, sources, quarantine, logins and events in addition to the hosts. */
export async function fillTheRest(to: Store, text: (plain: string) => string = (plain) => plain): Promise<void> {
  const account = {
    status: 'complete' as const,
    pages: 1,
    records: 40,
    new: 40,
    changed: 0,
    unchanged: 0,
    quarantined: 0,
    gone: 0,
    repeated: 0,
    started_at: before(1),
  };
  await to.runs.insertMany(
    Array.from({ length: 33 }, (_, at) => ({
      _id: text(`run-${at}`),
      workflow_id: text('workflow'),
      status: (['completed', 'partial', 'failed', 'running'] as const)[at % 4]!,
      started_at: before(40 - at),
      ...(at % 4 === 3 ? {} : { ended_at: new Date(before(40 - at).getTime() + (at + 1) * 1_500) }),
      sources: { [text('qualys').replaceAll('.', '_').replaceAll('$', '_')]: account, other: account },
    })),
  );
  await to.sources.insertMany([
    {
      _id: text('qualys'),
      vendor: text('qualys'),
      last_checked: before(1),
      last_complete: { run: 'r', at: before(3), records: 40 },
    },
    { _id: text('crowdstrike'), vendor: 'crowdstrike', last_checked: before(0.5) },
    { _id: 'never-asked', vendor: 'x', last_checked: new Date(0) },
  ]);
  await to.quarantine.insertMany(
    Array.from({ length: 45 }, (_, at) => ({
      _id: text(`qualys:${at}`),
      source: text(at % 3 === 0 ? 'crowdstrike' : 'qualys'),
      reason: text(`reason ${at % 5}`),
      run: 'r',
      page: 'p',
      row: at,
      offset: 0,
      length: 1,
      first_at: AS_OF,
      last_at: AS_OF,
    })),
  );
  await to.logins.insertMany(
    Array.from({ length: 200 }, (_, at) => ({
      _id: `logins:${at}`,
      source: 'logins',
      user_id: `user-${at % 40}`,
      // Only two users have a tablet.
      device_type: text(at % 40 < 2 ? 'tablet' : at % 2 ? 'android' : 'iOS'),
      masked_ip: 'm1.k1.SECRET-ADDRESS',
      masked_ip_network: 'm1.k1.SECRET-NETWORK',
      ip_class: 'public' as const,
      masked_device_id: `m1.k1.SECRET-DEVICE-${at % 50}`,
      locale: at % 4 === 0 ? null : text('DE'),
      app_version: text(`2.${at % 3}.0`),
      create_date: before(at % 7),
      fingerprint: `f${at}`,
      key: 'k1',
      page: 'p',
      row: at,
      run: 'r',
      observed_at: AS_OF,
    })),
  );
  await to.eventCategories.insertMany(
    Array.from({ length: 45 }, (_, at) => ({
      _id: { source: text('events'), category: text(`category ${at}`) },
      count: at + 1,
      sum: at * 2.5,
      min: -at,
      max: at * 2,
      distinct: at,
    })),
  );
}
