import { seedRecordOf, hostId } from '../identity/seed-record.js';
import { choose, rank, type Candidate } from './choose.js';
import { DEVICE_LIST_PATHS, goldenDevice } from './device.js';
import { HOST_RULES, type Rule } from './survivorship-rules.js';
import { unionTexts } from './unions.js';
import { conflictsOf } from './conflicts.js';
import type { GoldenHost, HostSource, HostAttributes } from './golden-host.js';
import { strings } from '../observation.js';
import type { Reason, ResolvedHost } from '../identity/resolution.js';
import type { HostRecord } from '../types.js';

/** In `supplies`: every single-valued field that no other record supplies. */
export const EVERYTHING_ELSE = '*';

/**
 * Builds a host from all its records by the rules in `survivorship-rules.ts`: a pure function of the set of members. A record
 * that its source no longer lists supplies a value only if no listed record has one. Throws `RangeError` without members.
 */
export function goldenHost(
  members: readonly HostRecord[],
  reasons: readonly Reason[],
  { forbidden, findings, oversized }: Pick<ResolvedHost, 'forbidden' | 'findings' | 'oversized'> = UNDISPUTED,
): GoldenHost {
  const keys =
    members.length === 1
      ? members[0]!.keys
      : strings(
          members.flatMap((member) => member.keys),
          Infinity,
        );
  const host: GoldenHost = { ...hostAttributes(members), keys, reasons: [...reasons] };
  if (forbidden.length > 0) host.forbidden_joins = forbidden.slice(0, MOST_FORBIDDEN_JOINS);
  if (forbidden.length > MOST_FORBIDDEN_JOINS) host.more_forbidden_joins = forbidden.length - MOST_FORBIDDEN_JOINS;
  if (findings.length > 0) host.findings = [...findings];
  if (oversized) host.oversized = true;
  return host;
}

/** The part of a golden record that depends on the values of its records, not on how they were joined. */
export function hostAttributes(members: readonly HostRecord[]): HostAttributes {
  const seed = seedRecordOf(members);
  return members.length === 1 ? ofOneRecord(seed) : ofSeveralRecords(seed, members);
}

const UNDISPUTED = { forbidden: [], findings: [] };

/**
 * Maximum number of stored forbidden joins. Without a limit, a name that a hundred machines share would add about a hundred
 * joins to each of them.
 */
export const MOST_FORBIDDEN_JOINS = 20;

function ofOneRecord(record: HostRecord): HostAttributes {
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

function ofSeveralRecords(seed: HostRecord, members: readonly HostRecord[]): HostAttributes {
  const ranked = rank(members);
  const first = ranked[0]!;
  const retired = first.record.gone;
  /** Candidates whose lists are merged. */
  const union = retired ? ranked : ranked.filter(({ record }) => !record.gone);
  const host: HostAttributes = {
    _id: hostId(seed.id),
    class: seed.observation.class,
    device: goldenDevice(ranked, union, members),
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
  host.sources = sourcesOf(ranked);
  const conflicts = conflictsOf(host, ranked);
  if (conflicts.length > 0) host.conflicts = conflicts;
  return finish(host, retired);
}

const HOST = Object.entries(HOST_RULES) as [keyof typeof HOST_RULES, Rule][];
const TEXT_LISTS = ['external_ips', 'tags'] as const;

function put<F extends keyof typeof HOST_RULES>(host: HostAttributes, field: F, value: HostAttributes[F]): void {
  if (value !== undefined) host[field] = value;
}

/** Fields that several records may supply together. */
export const SHARED_PATHS: ReadonlySet<string> = new Set<string>([...DEVICE_LIST_PATHS, ...TEXT_LISTS]);

function finish(host: HostAttributes, retired: boolean): HostAttributes {
  const { first_seen_time, last_seen_time } = host.device;
  if (first_seen_time) host.first_seen = first_seen_time;
  if (last_seen_time) host.last_seen = last_seen_time;
  if (retired) host.retired = true;
  return host;
}

function sourcesOf(ranked: readonly Candidate[]): HostSource[] {
  const [first] = ranked;
  // `*` replaces the paths that only the best member supplies: written out, they would be a sixth of the document.
  first!.supplies = [EVERYTHING_ELSE, ...first!.supplies.filter((path) => SHARED_PATHS.has(path))];
  return ranked
    .map(({ record, supplies }) => sourceOf(record, supplies))
    .sort((a, b) => (a.record < b.record ? -1 : 1));
}

function sourceOf(record: HostRecord, supplies: string[]): HostSource {
  const { first_seen_time, last_seen_time } = record.observation.device;
  const source: HostSource = { record: record.id, source: record.source, vendor: record.vendor, supplies };
  if (first_seen_time) source.first_seen = first_seen_time;
  if (last_seen_time) source.last_seen = last_seen_time;
  if (record.gone) source.gone = true;
  return source;
}
