import type { FieldChange, ChangeDoc } from '../documents/changes.js';
import { deepEqual } from 'fast-equals';
import { ObjectId } from 'mongodb';
import type { HostSource, HostAttributes } from '../../host/golden/golden-host.js';
import type { Store } from '../database.js';
import { formerIds, type Difference } from './hosts.js';

/** Times that move at every check-in are no history; what follows from other fields is told by them. */
const TIMES = ['last_seen_time', 'modified_time', 'boot_time', 'first_seen_time', 'created_time'];
/** About other records as much as about this host. */
const ABOUT_OTHERS = ['refused', 'more_refused', 'findings', 'keys'];
const LEFT_OUT = new Set([
  'last_seen',
  'first_seen',
  'retired',
  'reasons',
  ...TIMES.map((time) => `device.${time}`),
  ...ABOUT_OTHERS,
]);

/** What a user would say has changed, of all that differs between two states of one host. */
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

/** An object's fields, each for itself. */
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
    const known = new Set(other.map((entry) => JSON.stringify(entry)));
    return list.filter((entry) => !known.has(JSON.stringify(entry)));
  };
  return { added: without(to!, from!), removed: without(from!, to!) };
}

type Entry = Omit<ChangeDoc, '_id' | 'at' | 'run'>;

/**
 * What happened to the hosts of one batch: `before` as they stood, `after` as they are now, and what differs in those that
 * stood before.
 */
export function historyOf(
  before: ReadonlyMap<string, HostAttributes>,
  after: readonly HostAttributes[],
  different: ReadonlyMap<string, readonly Difference[]>,
): Entry[] {
  if (before.size === 0) return [];
  const { origins, parts } = movesOf(before, after);
  const standing = new Set(after.map(({ _id }) => _id));
  const history: Entry[] = [];
  for (const host of after) {
    const known = before.get(host._id);
    history.push(...whereFrom(host, known !== undefined, origins.get(host._id)!, parts, standing));
    const lost = known ? [...parts.get(host._id)!].filter((id) => id !== host._id) : [];
    if (lost.length > 0) history.push({ host: host._id, kind: 'split', others: lost });
    if (!known) continue;
    if (known.retired !== host.retired) history.push({ host: host._id, kind: host.retired ? 'retired' : 'returned' });
    const fields = fieldsChanged(different.get(host._id) ?? []);
    if (fields.length > 0) history.push({ host: host._id, kind: 'changed', fields });
  }
  return history;
}

/** How one host came to the records that it did not have before. */
function whereFrom(
  { _id }: HostAttributes,
  isKnown: boolean,
  origins: ReadonlySet<string>,
  parts: ReadonlyMap<string, ReadonlySet<string>>,
  standing: ReadonlySet<string>,
): Entry[] {
  const history: Entry[] = [];
  const others = [...origins].filter((id) => id !== _id);
  // Those that are in this host with all that is left of them, and no longer stand.
  const whole = others.filter((id) => !standing.has(id) && parts.get(id)!.size === 1);
  const partly = others.filter((id) => !whole.includes(id));
  const former = isKnown || partly.length > 0 ? [] : whole.splice(0, 1);
  if (former.length > 0) history.push({ host: _id, kind: 'renamed', others: former });
  if (whole.length > 0) history.push({ host: _id, kind: 'merged', others: whole });
  if (partly.length === 0) return history;
  if (isKnown) return [...history, { host: _id, kind: 'moved', others: partly }];
  const siblings = partly.flatMap((id) => [id, ...parts.get(id)!]).filter((id) => id !== _id);
  return [...history, { host: _id, kind: 'split', others: [...new Set(siblings)] }];
}

/** Of each host after: the hosts before that its records were in. Of each host before: the hosts after that have them now. */
function movesOf(before: ReadonlyMap<string, HostAttributes>, after: readonly HostAttributes[]) {
  const hostOf = new Map<string, { id: string; records: number }>();
  for (const { _id: id, sources } of before.values())
    for (const { record } of sources) hostOf.set(record, { id, records: sources.length });
  const origins = new Map<string, Set<string>>();
  const parts = new Map([...before.keys()].map((id) => [id, new Set<string>()]));
  for (const { _id, sources } of after) {
    // The largest first: its name is the one that was known.
    const held = sources.flatMap(({ record }) => hostOf.get(record) ?? []).sort((a, b) => b.records - a.records);
    origins.set(_id, new Set(held.map(({ id }) => id)));
    for (const { id } of held) parts.get(id)!.add(_id);
  }
  return { origins, parts };
}

/** The history of a host and of its former ids, from its beginning; with `latest` the latest first, that many. */
export async function changesOf(
  store: Store,
  host: string,
  { latest }: { latest?: number } = {},
): Promise<ChangeDoc[]> {
  const ids = [host, ...(await formerIds(store, [host]))];
  const found = store.changes.find({ host: { $in: ids } }).sort({ _id: latest === undefined ? 1 : -1 });
  return (latest === undefined ? found : found.limit(latest)).toArray();
}

/** What happened to hosts since a time, as `recentChanges` tells it. */
export interface ChangeQuery {
  since: Date;
  kinds?: readonly ChangeDoc['kind'][];
  host?: string;
  limit: number;
  maxTimeMs: number;
}

/** The latest first. An id begins with its second, so that no index on the time is needed. */
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
