import { isDeepStrictEqual } from 'node:util';
import type { IndexDescription, ObjectId } from 'mongodb';
import type { GoldenHost } from '../host/types.js';
import type { HostDoc } from './hosts.js';

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
const LEFT_OUT = new Set(['_id', 'version', 'updated_at', 'created', 'last_seen', 'first_seen', 'retired', 'reasons']);
const LEFT_OUT_OF_DEVICE = new Set(['last_seen_time', 'modified_time', 'boot_time', 'first_seen_time', 'created_time']);
/** About other records as much as about this host. */
const ABOUT_OTHERS = new Set(['refused', 'more_refused', 'findings', 'keys']);

/** What a user would say has changed between two states of one host. */
export function fieldsChanged(before: GoldenHost, after: GoldenHost): FieldChange[] {
  const changes: FieldChange[] = [];
  const skip = (key: string) => LEFT_OUT.has(key) || ABOUT_OTHERS.has(key) || key === 'device' || key === 'sources';
  compare(changes, '', before, after, skip);
  compare(changes, 'device.', before.device, after.device, (key) => LEFT_OUT_OF_DEVICE.has(key) || key === 'hw_info');
  compare(changes, 'device.hw_info.', before.device.hw_info ?? {}, after.device.hw_info ?? {}, () => false);
  const records = ({ sources }: GoldenHost) => sources.map(({ record, gone }) => (gone ? `${record} (gone)` : record));
  compare(changes, '', { records: records(before) }, { records: records(after) }, () => false);
  return changes;
}

function compare(
  into: FieldChange[],
  prefix: string,
  before: object,
  after: object,
  skip: (key: string) => boolean,
): void {
  const [from, to] = [before as Record<string, unknown>, after as Record<string, unknown>];
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (skip(key) || isDeepStrictEqual(from[key], to[key])) continue;
    const path = `${prefix}${key}`;
    if (Array.isArray(from[key] ?? to[key])) into.push({ path, ...listChange(from[key], to[key]) });
    else
      into.push({
        path,
        ...(from[key] === undefined ? {} : { from: from[key] }),
        ...(to[key] === undefined ? {} : { to: to[key] }),
      });
  }
}

function listChange(before: unknown, after: unknown): { added: unknown[]; removed: unknown[] } {
  const [from, to] = [before, after].map((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  const without = (list: unknown[], other: unknown[]) => {
    const known = new Set(other.map((entry) => JSON.stringify(entry)));
    return list.filter((entry) => !known.has(JSON.stringify(entry)));
  };
  return { added: without(to!, from!), removed: without(from!, to!) };
}

/** What happened to the hosts of one batch: `before` as they stood, `after` as they were written. */
export function historyOf(
  before: ReadonlyMap<string, HostDoc>,
  after: readonly GoldenHost[],
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
    const fields = fieldsChanged(known, host);
    if (fields.length > 0) history.push({ host: host._id, kind: 'changed', fields });
  }
  return history;
}
