import { MinKey, type Filter, type FindCursor, type Sort } from 'mongodb';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { NAME, PROJECTION, type Found } from './fields.js';
import type { Indexed } from './filters.js';
import { compareSortKeys, sortKeyOf, type SortKey } from './cursor.js';
import type { Exact, Range, Step } from './text.js';

export interface FoundHost {
  host: Found;
  key: SortKey;
}

/** A search, ready to run. */
export interface Plan {
  steps: readonly Step[];
  filter: Filter<HostDoc>;
  /** Whether it has filters in addition to the filter on retired hosts. */
  filtered: boolean;
  /** The filter whose index is read where hosts are listed by name. */
  by?: Indexed;
  /** The sort key of the previous page's last host. */
  after?: SortKey;
  /** Maximum number of hosts. */
  count: number;
  /** Remaining milliseconds; throws when there are none. */
  left: () => number;
  /** Whether the cluster is sharded: shards return hosts in no common order. */
  sharded: boolean;
}

const FROM_THE_START = new MinKey();

/**
 * Number of steps that run concurrently. For most texts only a few steps find hosts, and the latency of steps that run one by
 * one would add up.
 */
const AT_ONCE = 4;

/** Finds the first hosts of a plan, in the order of their sort keys. Reads about as many index keys as it returns hosts. */
export async function findHosts(store: Store, plan: Plan): Promise<FoundHost[]> {
  const found: FoundHost[] = [];
  // With filters a step may scan many hosts, so each step runs only when needed.
  const atOnce = plan.filtered ? 1 : AT_ONCE;
  for (let at = plan.after?.[0] ?? 0; at < plan.steps.length && found.length < plan.count; at += atOnce) {
    const cursors = plan.steps.slice(at, at + atOnce).map((step, ahead) => open(store, step, at + ahead, plan));
    try {
      await Promise.all(cursors.map((cursor) => cursor.hasNext()));
      for (const [ahead, cursor] of cursors.entries())
        if (found.length < plan.count) found.push(...(await take(cursor, at + ahead, plan, plan.count - found.length)));
    } finally {
      await Promise.all(cursors.map((cursor) => cursor.close()));
    }
  }
  return found;
}

function open(store: Store, step: Step, at: number, plan: Plan): FindCursor<Found> {
  const after = plan.after?.[0] === at ? plan.after : undefined;
  return 'exact' in step ? exactly(store, step, plan, after) : within(store, step, plan, after);
}

/** Reads the first `count` hosts that one step lists. */
async function take(
  hosts: FindCursor<Found>,
  at: number,
  { steps, after, sharded }: Plan,
  count: number,
): Promise<FoundHost[]> {
  const found: FoundHost[] = [];
  for await (const host of hosts) {
    const key = sortKeyOf(host, steps);
    // Skips a host that an earlier step lists, or that this step listed before by a smaller value.
    if (key?.[0] !== at || (after && compareSortKeys(key, after) <= 0)) continue;
    found.push({ host, key });
    if (!sharded && found.length === count) break;
  }
  return found.sort((a, b) => compareSortKeys(a.key, b.key)).slice(0, count);
}

function exactly(store: Store, { exact }: Exact, { filter, count, left }: Plan, after: SortKey | undefined) {
  const any = { $or: exact.map(([{ path }, value]) => ({ [path]: value })) } as Filter<HostDoc>;
  const rest = after ? ({ _id: { $gt: after[2] } } satisfies Filter<HostDoc>) : {};
  return store.hosts
    .find<Found>({ $and: [any, rest, filter] }, { projection: PROJECTION, maxTimeMS: left() })
    .sort({ _id: 1 } satisfies Sort)
    .limit(count);
}

/**
 * The hosts of a range in the order of its index. The query uses `min` and `max` of the index: with a condition and a sort,
 * MongoDB would read and sort all hosts of the range if the field has several values.
 */
function within(store: Store, { field, from, to }: Range, plan: Plan, after: SortKey | undefined) {
  const { filter, count, left, by } = plan;
  const [index, first] =
    by && field === NAME ? [by.index, { [by.path]: by.value } as Record<string, unknown>] : [field.index, {}];
  const id = after ? after[2] : FROM_THE_START;
  const bounds = (value: string | null, last: unknown) => ({
    ...first,
    [field.path]: value,
    ...('_id' in index && field.path !== '_id' ? { _id: last } : {}),
  });
  // MongoDB uses a partial index only for a query that requires the field.
  const has = [...Object.keys(first), ...(from === null || field === NAME ? [] : [field.path])];
  const present = has.map((path) => ({ [path]: path === by?.path ? by.value : { $exists: true } }) as Filter<HostDoc>);
  return store.hosts
    .find<Found>({ $and: [filter, ...present] }, { projection: PROJECTION, maxTimeMS: left() })
    .hint(index)
    .min(bounds(after ? after[1] : from, id))
    .max(bounds(to, FROM_THE_START))
    .batchSize(count + 1);
}
