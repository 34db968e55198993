import { deepEqual } from 'fast-equals';
import { ObjectId, type IndexDescription } from 'mongodb';
import type { HostSource, Portrait } from '../host/golden.js';
import type { Store } from './database.js';
import type { Difference } from './hosts.js';

/** A field that was one value and is another. Lists tell what came and went. */
export type FieldChange =
  { path: string; from?: unknown; to?: unknown } | { path: string; added: unknown[]; removed: unknown[] };

/**
 * One entry of a host's history, append-only. Creation is told by the host itself (`created`).
 *
 * - `changed`: fields took other values
 * - `merged`: `others` are this host now
 * - `split`: records of it are in `others` now; `from` where it is the new one
 * - `retired`, `returned`: no source lists it any more; one does again
 */
export interface ChangeDoc {
  _id: ObjectId;
  host: string;
  at: Date;
  /** The run, or the command, that brought it about. */
  run: string;
  kind: 'changed' | 'merged' | 'split' | 'retired' | 'returned';
  others?: string[];
  fields?: FieldChange[];
}

export const changeIndexes: IndexDescription[] = [{ key: { host: 1, _id: 1 } }];

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

/**
 * What happened to the hosts of one batch: `before` as they stood, `after` as they are now, and what differs in those that
 * stood before.
 */
export function historyOf(
  before: ReadonlyMap<string, Portrait>,
  after: readonly Portrait[],
  different: ReadonlyMap<string, readonly Difference[]>,
): Omit<ChangeDoc, '_id' | 'at' | 'run'>[] {
  if (before.size === 0) return [];
  const hostOf = new Map<string, string>();
  for (const { _id, sources } of before.values()) for (const { record } of sources) hostOf.set(record, _id);
  const history: Omit<ChangeDoc, '_id' | 'at' | 'run'>[] = [];
  const standing = new Set(after.map(({ _id }) => _id));
  for (const host of after) {
    const known = before.get(host._id);
    const origins = new Set(host.sources.flatMap(({ record }) => hostOf.get(record) ?? []));
    origins.delete(host._id);
    const absorbed = [...origins].filter((id) => !standing.has(id));
    const left = [...origins].filter((id) => standing.has(id));
    if (absorbed.length > 0 && known) history.push({ host: host._id, kind: 'merged', others: absorbed });
    if (left.length > 0 || (absorbed.length > 0 && !known))
      history.push({ host: host._id, kind: 'split', others: [...left, ...(known ? [] : absorbed)] });
    for (const id of left) history.push({ host: id, kind: 'split', others: [host._id] });
    if (!known) continue;
    if (known.retired !== host.retired) history.push({ host: host._id, kind: host.retired ? 'retired' : 'returned' });
    const fields = fieldsChanged(different.get(host._id) ?? []);
    if (fields.length > 0) history.push({ host: host._id, kind: 'changed', fields });
  }
  return history;
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
export function recentChanges(
  store: Store,
  { since, kinds, host, limit, maxTimeMs }: ChangeQuery,
): Promise<ChangeDoc[]> {
  return store.changes
    .find(
      {
        _id: { $gte: ObjectId.createFromTime(Math.floor(since.getTime() / 1000)) },
        ...(host === undefined ? {} : { host }),
        ...(kinds === undefined ? {} : { kind: { $in: [...kinds] } }),
      },
      { maxTimeMS: maxTimeMs },
    )
    .sort({ _id: -1 })
    .limit(limit)
    .toArray();
}
