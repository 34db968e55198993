import type { HostQuery } from './query.js';
import { Failure } from '../model/failure.js';
import type { Store } from '../store/database.js';
import { PROJECTION, searchIndexes, type Found } from './fields.js';
import { filtersOf, type Indexed } from './filters.js';
import { compareSortKeys, cursorOf, sortKeyFrom, sortKeyOf } from './cursor.js';
import { ALL, conditionOf, stepsOf, type Step } from './text.js';
import { findHosts, type FoundHost, type Plan } from './plan.js';

export interface HostRow {
  _id: string;
  hostname?: string;
  ip?: string;
  os?: string;
  type?: string;
  provider?: string;
  /** Names of the sources that list it; for a retired host, that did. */
  sources: string[];
  first_seen?: Date;
  last_seen?: Date;
  retired?: true;
}

export interface Page {
  hosts: HostRow[];
  /** The cursor of the next page; absent on the last one. */
  after?: string;
}

export interface SearchOptions {
  limit: number;
  /** `after` of the previous page. */
  after?: string;
  /** Default: two seconds. */
  maxTimeMs?: number;
}

const MAX_TIME_MS = 2_000;
/** If a filter leaves at most this many hosts, all of them are read; otherwise an index is read until there are enough. */
const FEW = 2_000;

/**
 * Returns a page of hosts that match `query`: exact matches of the text first, then prefix matches, each ordered by the matching
 * field and the id. The order does not depend on `last_seen`, so pages neither skip nor repeat hosts while a run writes.
 * Throws `Failure` when it takes too long, or for an invalid `after` or number.
 */
export async function searchHosts(store: Store, query: HostQuery, options: SearchOptions): Promise<Page> {
  const { limit, maxTimeMs = MAX_TIME_MS } = options;
  let until = performance.now() + maxTimeMs;
  const left = () => {
    const ms = Math.floor(until - performance.now());
    if (ms < 1) throw tooLong(maxTimeMs);
    return ms;
  };
  const search = async () => {
    const steps = await stepsFor(store, query.text ?? '');
    const after = options.after === undefined ? undefined : sortKeyFrom(options.after, steps);
    return find(store, query, { steps, ...(after ? { after } : {}), count: limit + 1, left });
  };
  try {
    const found = await search().catch(async (error: unknown) => {
      // This is the first search, or the first search after a restore, which creates no search indexes.
      if (!isMissingIndex(error)) throw error;
      await prepareSearch(store);
      until = performance.now() + maxTimeMs;
      return search();
    });
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return {
      hosts: shown.map(({ host }) => rowOf(host)),
      ...(found.length > limit && last ? { after: cursorOf(last.key) } : {}),
    };
  } catch (error) {
    if ((error as { code?: number }).code === EXCEEDED) throw tooLong(maxTimeMs);
    throw error;
  }
}

/**
 * Builds the indexes that only searches need. They are built at the first search, so that an inventory without searches does
 * not have their cost.
 */
export async function prepareSearch(store: Store): Promise<void> {
  await store.hosts.createIndexes(searchIndexes);
}

/** `MaxTimeMSExpired` */
const EXCEEDED = 50;
/** `BadValue`, for a hint that names no index. */
const isMissingIndex = (error: unknown) =>
  (error as { code?: number }).code === 2 && /\bhint\b/.test((error as Error).message);

const tooLong = (ms: number) =>
  new Failure('settings-invalid', `The search read too many hosts: stopped after ${(ms / 1000).toFixed(1)} s`, {
    remedy: 'Give more of the name, address or id, or add a filter',
  });

async function stepsFor(store: Store, text: string): Promise<readonly Step[]> {
  const names = text.length < 4 ? [] : await store.sources.distinct('_id');
  return stepsOf(text, names);
}

async function find(
  store: Store,
  query: HostQuery,
  request: Pick<Plan, 'steps' | 'after' | 'count' | 'left'>,
): Promise<FoundHost[]> {
  const { filter, indexed, others } = filtersOf(query);
  const by = indexed[0];
  // With a single filter and no text, the filter's index already has the list in order.
  const listed = request.steps === ALL && indexed.length === 1 && !others;
  const leaveFew = await Promise.all(listed ? [] : indexed.map((one) => isFew(store, one, request.left())));
  const few = indexed[leaveFew.indexOf(true)];
  if (few) {
    const options = { projection: PROJECTION, hint: few.index, maxTimeMS: request.left() };
    const text = request.steps === ALL ? {} : conditionOf(request.steps);
    return sorted(await store.hosts.find<Found>({ $and: [few.filter, filter, text] }, options).toArray(), request);
  }
  return findHosts(store, {
    ...request,
    filter,
    filtered: indexed.length > 0 || others,
    ...(by ? { by } : {}),
    sharded: await isSharded(store),
  });
}

async function isFew(store: Store, { filter, index }: Indexed, maxTimeMS: number): Promise<boolean> {
  const beyond = store.hosts
    .find(filter, { projection: { _id: 1 }, hint: index, maxTimeMS })
    .skip(FEW)
    .limit(1);
  return (await beyond.toArray()).length === 0;
}

function sorted(
  hosts: readonly Found[],
  { steps, after, count }: Pick<Plan, 'steps' | 'after' | 'count'>,
): FoundHost[] {
  return hosts
    .flatMap((host) => {
      const key = sortKeyOf(host, steps);
      return key && (!after || compareSortKeys(key, after) > 0) ? [{ host, key }] : [];
    })
    .sort((a, b) => compareSortKeys(a.key, b.key))
    .slice(0, count);
}

const sharded = new WeakMap<Store, boolean>();

async function isSharded(store: Store): Promise<boolean> {
  const known = sharded.get(store);
  if (known !== undefined) return known;
  const { msg } = await store.client.db('admin').command({ hello: 1 });
  sharded.set(store, msg === 'isdbgrid');
  return msg === 'isdbgrid';
}

function rowOf({ _id, device, cloud, sources, first_seen, last_seen, retired }: Found): HostRow {
  const listing = sources.filter(({ gone }) => !gone);
  return {
    _id,
    ...(device.hostname === undefined ? {} : { hostname: device.hostname }),
    ...(device.ip === undefined ? {} : { ip: device.ip }),
    ...(device.os === undefined ? {} : { os: device.os.name }),
    ...(device.type === undefined ? {} : { type: device.type }),
    ...(cloud === undefined ? {} : { provider: cloud.provider }),
    sources: [...new Set((listing.length > 0 ? listing : sources).map(({ source }) => source))].sort(),
    ...(first_seen === undefined ? {} : { first_seen }),
    ...(last_seen === undefined ? {} : { last_seen }),
    ...(retired ? { retired } : {}),
  };
}
