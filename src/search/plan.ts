import { MinKey, type Filter, type FindCursor, type Sort } from 'mongodb';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { NAME, PROJECTION, type Found } from './fields.js';
import type { Indexed } from './filters.js';
import { comparePlaces, placeOf, type Place } from './cursor.js';
import type { Exact, Range, Step } from './text.js';

export interface Placed {
  host: Found;
  place: Place;
}

/** What a search is made of, ready to be asked. */
export interface Plan {
  steps: readonly Step[];
  filter: Filter<HostDoc>;
  /** It leaves hosts out beside those that are retired. */
  filtered: boolean;
  /** The filter whose index is walked where hosts are listed by name. */
  by?: Indexed;
  /** Where the page before ended. */
  after?: Place;
  /** How many hosts. */
  count: number;
  /** Milliseconds that are left; throws when there are none. */
  left: () => number;
  /** Several shards answer in no common order. */
  sharded: boolean;
}

const FROM_THE_START = new MinKey();

/** So many steps are asked at once: most texts are found by few of them, and waiting for each in turn is what takes long. */
const AT_ONCE = 4;

/** The first hosts of a plan, in the order of their places. Reads about as many index keys as hosts that it finds. */
export async function walk(store: Store, plan: Plan): Promise<Placed[]> {
  const found: Placed[] = [];
  // A step that has to look for hosts that pass a filter is only asked when it is needed.
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

/** The first `count` hosts that one step lists. */
async function take(
  hosts: FindCursor<Found>,
  at: number,
  { steps, after, sharded }: Plan,
  count: number,
): Promise<Placed[]> {
  const found: Placed[] = [];
  for await (const host of hosts) {
    const place = placeOf(host, steps);
    // An earlier step lists it, or this one did for a lesser value.
    if (place?.[0] !== at || (after && comparePlaces(place, after) <= 0)) continue;
    found.push({ host, place });
    if (!sharded && found.length === count) break;
  }
  return found.sort((a, b) => comparePlaces(a.place, b.place)).slice(0, count);
}

function exactly(store: Store, { exact }: Exact, { filter, count, left }: Plan, after: Place | undefined) {
  const any = { $or: exact.map(([{ path }, value]) => ({ [path]: value })) } as Filter<HostDoc>;
  const rest = after ? ({ _id: { $gt: after[2] } } satisfies Filter<HostDoc>) : {};
  return store.hosts
    .find<Found>({ $and: [any, rest, filter] }, { projection: PROJECTION, maxTimeMS: left() })
    .sort({ _id: 1 } satisfies Sort)
    .limit(count);
}

/**
 * The hosts of a range in the order of its index. Bounds of the index itself say where to begin and to end: with a condition and
 * a sort, MongoDB would read and sort everything where a field has several values.
 */
function within(store: Store, { field, from, to }: Range, plan: Plan, after: Place | undefined) {
  const { filter, count, left, by } = plan;
  const [index, first] =
    by && field === NAME ? [by.index, { [by.path]: by.value } as Record<string, unknown>] : [field.index, {}];
  const id = after ? after[2] : FROM_THE_START;
  const bounds = (value: string | null, last: unknown) => ({
    ...first,
    [field.path]: value,
    ...('_id' in index && field.path !== '_id' ? { _id: last } : {}),
  });
  // An index that leaves hosts without the field out may only be asked for those that have it.
  const has = [...Object.keys(first), ...(from === null || field === NAME ? [] : [field.path])];
  const present = has.map((path) => ({ [path]: path === by?.path ? by.value : { $exists: true } }) as Filter<HostDoc>);
  return store.hosts
    .find<Found>({ $and: [filter, ...present] }, { projection: PROJECTION, maxTimeMS: left() })
    .hint(index)
    .min(bounds(after ? after[1] : from, id))
    .max(bounds(to, FROM_THE_START))
    .batchSize(count + 1);
}
