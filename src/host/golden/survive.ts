import { seedRecordOf, hostId } from '../identity/seed-record.js';
import { choose, rank, type Candidate } from './choose.js';
import { DEVICE_RULES, HARDWARE_RULES, HOST_RULES, type Rule } from './survivorship-rules.js';
import { unionAgents, unionGroups, unionInterfaces, unionTexts } from './unions.js';
import { conflictsOf } from './conflicts.js';
import type { GoldenHost, HostSource, HostAttributes } from './golden-host.js';
import { strings } from '../observation.js';
import type { Reason, ResolvedHost } from '../identity/resolution.js';
import type { Device, HardwareInfo, HostRecord } from '../types.js';

export { seedRecordOf, hostId } from '../identity/seed-record.js';

/** In `supplies`: every single-valued field for which no other record is named. */
export const EVERYTHING_ELSE = '*';

/**
 * Builds a host from all its records by the rules in `survivorship-rules.ts`: a pure function of the set of members. A record
 * that its source no longer lists supplies a value only if no listed record has one. Throws `RangeError` without members.
 */
export function goldenHost(
  members: readonly HostRecord[],
  reasons: readonly Reason[],
  { refused, findings, oversized }: Pick<ResolvedHost, 'refused' | 'findings' | 'oversized'> = UNDISPUTED,
): GoldenHost {
  const keys =
    members.length === 1
      ? members[0]!.keys
      : strings(
          members.flatMap((member) => member.keys),
          Infinity,
        );
  const host: GoldenHost = { ...hostAttributes(members), keys, reasons: [...reasons] };
  if (refused.length > 0) host.refused = refused.slice(0, MOST_REFUSED);
  if (refused.length > MOST_REFUSED) host.more_refused = refused.length - MOST_REFUSED;
  if (findings.length > 0) host.findings = [...findings];
  if (oversized) host.oversized = true;
  return host;
}

/** The part of a golden record that depends on the values of its records, not on how they were joined. */
export function hostAttributes(members: readonly HostRecord[]): HostAttributes {
  const anchor = seedRecordOf(members);
  return members.length === 1 ? alone(anchor) : together(anchor, members);
}

const UNDISPUTED = { refused: [], findings: [] };

/** Limit of stored refusals: a name that a hundred machines share would add a hundred to each of them. */
export const MOST_REFUSED = 20;

function alone(record: HostRecord): HostAttributes {
  const { observation } = record;
  const host: HostAttributes = {
    _id: hostId(record.id),
    class: observation.class,
    device: observation.device,
    external_ips: observation.external_ips,
    tags: observation.tags,
    sources: [sourceOf(record, [EVERYTHING_ELSE])],
  };
  for (const [field] of HOST) put(host, field, observation[field]);
  return finish(host, record.gone);
}

function together(anchor: HostRecord, members: readonly HostRecord[]): HostAttributes {
  const ranked = rank(members);
  const first = ranked[0]!;
  const retired = first.record.gone;
  /** Candidates whose lists are merged. */
  const union = retired ? ranked : ranked.filter(({ record }) => !record.gone);

  // Starts as a copy of the best member's device: most of its values survive, and each of them is decided below.
  const device: Record<string, unknown> = { ...first.record.observation.device };
  for (const [field, rule, path] of DEVICE) {
    // 0 is "unknown": any other type wins.
    const winner = choose(
      ranked,
      rule,
      ({ observation }) => observation.device[field] !== undefined && observation.device[field] !== 0,
    );
    if (!winner) continue;
    winner.supplies.push(path);
    if (winner === first) continue;
    const from = winner.record.observation.device;
    device[field] = from[field];
    if (field === 'type_id') device['type'] = from.type;
  }
  if (device['type'] === undefined) delete device['type'];
  hardware(device, ranked);
  lists(device, union);
  times(device, members);

  const host: HostAttributes = {
    _id: hostId(anchor.id),
    class: anchor.observation.class,
    device: device as unknown as Device,
    external_ips: unionTexts(union, ({ observation }) => observation.external_ips),
    tags: unionTexts(union, ({ observation }) => observation.tags),
    sources: [],
  };
  for (const [field, rule] of HOST) {
    const winner = choose(ranked, rule, ({ observation }) => observation[field] !== undefined);
    if (!winner) continue;
    put(host, field, winner.record.observation[field]);
    winner.supplies.push(field);
  }
  for (const { record, supplies } of union)
    for (const field of TEXT_LISTS) if (record.observation[field].length > 0) supplies.push(field);
  // `*` stands for all that the best member alone supplies: the written-out paths would be a sixth of the document.
  first.supplies = [EVERYTHING_ELSE, ...first.supplies.filter((path) => SHARED_PATHS.has(path))];
  host.sources = ranked
    .map(({ record, supplies }) => sourceOf(record, supplies))
    .sort((a, b) => (a.record < b.record ? -1 : 1));
  const conflicts = conflictsOf(host, ranked);
  if (conflicts.length > 0) host.conflicts = conflicts;
  return finish(host, retired);
}

const DEVICE = (Object.entries(DEVICE_RULES) as [keyof typeof DEVICE_RULES, Rule][]).map(
  ([field, rule]) => [field, rule, `device.${field}`] as const,
);
const HARDWARE = (Object.entries(HARDWARE_RULES) as [keyof HardwareInfo, Rule][]).map(
  ([field, rule]) => [field, rule, `device.hw_info.${field}`] as const,
);
const HOST = Object.entries(HOST_RULES) as [keyof typeof HOST_RULES, Rule][];
const TEXT_LISTS = ['external_ips', 'tags'] as const;

function put<F extends keyof typeof HOST_RULES>(host: HostAttributes, field: F, value: HostAttributes[F]): void {
  if (value !== undefined) host[field] = value;
}

function hardware(device: Record<string, unknown>, ranked: readonly Candidate[]): void {
  const found: Record<string, unknown> = { ...ranked[0]!.record.observation.device.hw_info };
  for (const [field, rule, path] of HARDWARE) {
    const winner = choose(ranked, rule, ({ observation }) => observation.device.hw_info?.[field] !== undefined);
    if (!winner) continue;
    winner.supplies.push(path);
    if (winner !== ranked[0]) found[field] = winner.record.observation.device.hw_info![field];
    device['hw_info'] = found;
  }
}

function lists(device: Record<string, unknown>, union: readonly Candidate[]): void {
  for (const [field, unite, path] of LISTS) {
    const entries = unite(union);
    if (entries.length === 0) continue;
    device[field] = entries;
    for (const { record, supplies } of union) if (record.observation.device[field]) supplies.push(path);
  }
}

const LISTS = [
  ['network_interfaces', unionInterfaces, 'device.network_interfaces'],
  ['agent_list', unionAgents, 'device.agent_list'],
  ['groups', unionGroups, 'device.groups'],
] as const;

/** Fields that several records may supply together. */
export const SHARED_PATHS: ReadonlySet<string> = new Set<string>([...LISTS.map(([, , path]) => path), ...TEXT_LISTS]);

/** Covers all members, gone ones too: the store advances these times by itself when nothing else changes. */
function times(device: Record<string, unknown>, members: readonly HostRecord[]): void {
  for (const [field, first] of TIMES) {
    let found: Date | undefined;
    for (const { observation } of members) {
      const time = observation.device[field];
      if (time && (!found || (first ? time < found : time > found))) found = time;
    }
    if (found) device[field] = found;
  }
}

const TIMES = [
  ['created_time', true],
  ['first_seen_time', true],
  ['last_seen_time', false],
  ['modified_time', false],
  ['boot_time', false],
] as const;

function finish(host: HostAttributes, retired: boolean): HostAttributes {
  const { first_seen_time, last_seen_time } = host.device;
  if (first_seen_time) host.first_seen = first_seen_time;
  if (last_seen_time) host.last_seen = last_seen_time;
  if (retired) host.retired = true;
  return host;
}

function sourceOf(record: HostRecord, supplies: string[]): HostSource {
  const { first_seen_time, last_seen_time } = record.observation.device;
  const source: HostSource = { record: record.id, source: record.source, vendor: record.vendor, supplies };
  if (first_seen_time) source.first_seen = first_seen_time;
  if (last_seen_time) source.last_seen = last_seen_time;
  if (record.gone) source.gone = true;
  return source;
}
