import type { FieldChange, ChangeDoc } from '../documents/changes.js';
import { deepEqual } from 'fast-equals';
import { ObjectId } from 'mongodb';
import type { HostSource, HostAttributes } from '../../host/golden/golden-host.js';
import type { Store } from '../database.js';
import { formerIds, type Difference } from './hosts.js';

/**
 * Times that change at every check-in are not part of the history. Fields that are derived from other fields are not either.
 */
const TIMES = ['last_seen_time', 'modified_time', 'boot_time', 'first_seen_time', 'created_time'];
/** Fields that other records can change as well. */
const ABOUT_OTHERS = ['forbidden_joins', 'more_forbidden_joins', 'findings', 'keys'];
const LEFT_OUT = new Set([
  'last_seen',
  'first_seen',
  'retired',
  'reasons',
  ...TIMES.map((time) => `device.${time}`),
  ...ABOUT_OTHERS,
]);

/** The changed fields to show to users, of all differences between two states of one host. */
export function fieldsChanged(different: readonly Difference[]): FieldChange[] {
  return different.flatMap((difference): FieldChange[] => {
    const { path, from, to } = difference;
    if (LEFT_OUT.has(path)) return [];
    if (path === 'sources') return recordsChanged(from as HostSource[], to as HostSource[]);
    if (path === 'device.hw_info') return partsChanged(difference);
    return [fieldChange(difference)];
  });
}

function recordsChanged(before: readonly HostSource[], after: readonly HostSource[]): FieldChange[] {
  const [from, to] = [before, after].map((sources) =>
    sources.map(({ record, gone }) => (gone ? `${record} (gone)` : record)),
  );
  return deepEqual(from, to) ? [] : [{ path: 'records', ...listChange(from, to) }];
}

/** Changes of an object's fields, one by one. */
function partsChanged({ path, from = {}, to = {} }: Difference): FieldChange[] {
  const [before, after] = [from as Record<string, unknown>, to as Record<string, unknown>];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((part) => !deepEqual(before[part], after[part]))
    .map((part) => fieldChange({ path: `${path}.${part}`, from: before[part], to: after[part] }));
}

function fieldChange({ path, from, to }: Difference): FieldChange {
  if (Array.isArray(from ?? to)) return { path, ...listChange(from, to) };
  return { path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function listChange(before: unknown, after: unknown): { added: unknown[]; removed: unknown[] } {
  const [from, to] = [before, after].map((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  const without = (list: unknown[], other: unknown[]) => {
    const previous = new Set(other.map((entry) => JSON.stringify(entry)));
    return list.filter((entry) => !previous.has(JSON.stringify(entry)));
  };
  return { added: without(to!, from!), removed: without(from!, to!) };
}

type Entry = Omit<ChangeDoc, '_id' | 'at' | 'run'>;

/**
 * Builds the history entries of one batch from its hosts `before` and `after`, and the differences of the hosts that are in
 * both.
 */
export function historyOf(
  before: ReadonlyMap<string, HostAttributes>,
  after: readonly HostAttributes[],
  different: ReadonlyMap<string, readonly Difference[]>,
): Entry[] {
  if (before.size === 0) return [];
  const { origins, parts } = movesOf(before, after);
  const existing = new Set(after.map(({ _id }) => _id));
  const history: Entry[] = [];
  for (const host of after) {
    const previous = before.get(host._id);
    history.push(...originEntries(host, previous !== undefined, origins.get(host._id)!, parts, existing));
    const lost = previous ? [...parts.get(host._id)!].filter((id) => id !== host._id) : [];
    if (lost.length > 0) history.push({ host: host._id, kind: 'split', others: lost });
    if (!previous) continue;
    if (previous.retired !== host.retired)
      history.push({ host: host._id, kind: host.retired ? 'retired' : 'returned' });
    const fields = fieldsChanged(different.get(host._id) ?? []);
    if (fields.length > 0) history.push({ host: host._id, kind: 'changed', fields });
  }
  return history;
}

/** Entries that show in which hosts the new records of a host were before. */
function originEntries(
  { _id }: HostAttributes,
  existed: boolean,
  origins: ReadonlySet<string>,
  parts: ReadonlyMap<string, ReadonlySet<string>>,
  existing: ReadonlySet<string>,
): Entry[] {
  const history: Entry[] = [];
  const others = [...origins].filter((id) => id !== _id);
  // Former hosts whose remaining records are all in this host.
  const whole = others.filter((id) => !existing.has(id) && parts.get(id)!.size === 1);
  const partly = others.filter((id) => !whole.includes(id));
  const former = existed || partly.length > 0 ? [] : whole.splice(0, 1);
  if (former.length > 0) history.push({ host: _id, kind: 'renamed', others: former });
  if (whole.length > 0) history.push({ host: _id, kind: 'merged', others: whole });
  if (partly.length === 0) return history;
  if (existed) return [...history, { host: _id, kind: 'moved', others: partly }];
  const siblings = partly.flatMap((id) => [id, ...parts.get(id)!]).filter((id) => id !== _id);
  return [...history, { host: _id, kind: 'split', others: [...new Set(siblings)] }];
}

/**
 * `origins`: for each host in `after`, the hosts that had its records before. `parts`: for each host in `before`, the hosts
 * that have its records now.
 */
function movesOf(before: ReadonlyMap<string, HostAttributes>, after: readonly HostAttributes[]) {
  const hostOf = new Map<string, { id: string; records: number }>();
  for (const { _id: id, sources } of before.values())
    for (const { record } of sources) hostOf.set(record, { id, records: sources.length });
  const origins = new Map<string, Set<string>>();
  const parts = new Map([...before.keys()].map((id) => [id, new Set<string>()]));
  for (const { _id, sources } of after) {
    // The host with the most records first: a new host counts as renamed from that host.
    const former = sources.flatMap(({ record }) => hostOf.get(record) ?? []).sort((a, b) => b.records - a.records);
    origins.set(_id, new Set(former.map(({ id }) => id)));
    for (const { id } of former) parts.get(id)!.add(_id);
  }
  return { origins, parts };
}

/** The history of a host and of its former ids, the oldest entry first; with `latest`, that many entries, the latest first. */
export async function changesOf(
  store: Store,
  host: string,
  { latest }: { latest?: number } = {},
): Promise<ChangeDoc[]> {
  const ids = [host, ...(await formerIds(store, [host]))];
  const found = store.changes.find({ host: { $in: ids } }).sort({ _id: latest === undefined ? 1 : -1 });
  return (latest === undefined ? found : found.limit(latest)).toArray();
}

/** Query of `recentChanges`. */
export interface ChangeQuery {
  since: Date;
  kinds?: readonly ChangeDoc['kind'][];
  host?: string;
  limit: number;
  maxTimeMs: number;
}

/** History entries since a time, the latest first. Ids begin with their time in seconds, so no index on the time is needed. */
export async function recentChanges(
  store: Store,
  { since, kinds, host, limit, maxTimeMs }: ChangeQuery,
): Promise<ChangeDoc[]> {
  return store.changes
    .find(
      {
        _id: { $gte: ObjectId.createFromTime(Math.floor(since.getTime() / 1000)) },
        ...(host === undefined ? {} : { host: { $in: [host, ...(await formerIds(store, [host]))] } }),
        ...(kinds === undefined ? {} : { kind: { $in: [...kinds] } }),
      },
      { maxTimeMS: maxTimeMs },
    )
    .sort({ _id: -1 })
    .limit(limit)
    .toArray();
}
