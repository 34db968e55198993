import { inTransaction } from '../store/transaction.js';
import { isDeepStrictEqual } from 'node:util';
import { compareIds, type EventId } from '../model/event-order.js';
import type { Fields } from '../model/observations.js';
import { Failure } from '../model/failure.js';
import type { Store } from '../store/database.js';
import { aggregated } from './aggregates.js';
import type { PendingEvent, Content, LoadedEvent, EventLoad } from '../store/collections/event-loads.js';
import type { EventPosition } from '../store/documents/event-loads.js';
import { eventOf, RAW } from '../store/collections/events.js';
import type { EventDoc } from '../store/documents/events.js';
import { toBson } from '../model/exact-bson.js';
import { putRejected, type Rejected, type RejectedOrigin } from '../store/collections/quarantine.js';
import { unstorableReason } from '../store/unstorable.js';
import { removeRowEntries } from '../store/release.js';

/** A batch with the stored data that it needs. */
export interface Prepared {
  pending: readonly PendingEvent[];
  /** Stored events with ids of the batch. */
  known: ReadonlyMap<EventId, Content>;
  /** Values of the batch that are already stored, by category. */
  values: ReadonlyMap<string, Set<number>>;
}

/** The origin of a batch. */
export interface BatchOrigin {
  run: string;
  /** The page at a position of the listing, for its rejected rows. */
  originOf: (page: number) => RejectedOrigin;
  /** Whether the row is in quarantine. Its entry is removed in the transaction that stores the event. */
  isQuarantined?: (row: EventPosition) => boolean;
}

export const CONFLICT = 'the id was delivered before with other content';

/** Reads the stored data that a batch needs. May run while the previous batch is written. */
export async function prepare(
  store: Store,
  source: string,
  pending: readonly PendingEvent[],
  largest: EventId | undefined,
): Promise<Prepared> {
  const known: Map<EventId, Content> = new Map();
  const ids = [...new Set(pending.map(({ id }) => id))].filter(
    (id) => largest !== undefined && compareIds(id, largest) <= 0,
  );
  const wanted = new Map<string, Set<number>>();
  for (const { category, value } of pending) {
    const own = wanted.get(category);
    if (own) own.add(value);
    else wanted.set(category, new Set([value]));
  }
  const values = new Map<string, Set<number>>();
  const lookups = [...wanted].map(async ([category, own]) => {
    const filter = { '_id.source': source, category, value: { $in: [...own] } };
    values.set(category, new Set(await store.events.distinct('value', filter)));
  });
  if (ids.length > 0) {
    const found = store.events.find({ _id: { $in: ids.map((id) => ({ source, id })) } }, RAW).batchSize(10_000);
    for await (const bytes of found) {
      const { _id, category, value, more } = eventOf(bytes);
      known.set(_id.id, { category, value, ...(more === undefined ? {} : { more: more as Fields }) });
    }
  }
  await Promise.all(lookups);
  return { pending, known, values };
}

/**
 * Stores a batch in one transaction: new events, aggregates, conflicts and the position that the load has reached. `load`
 * is the state after the previous batch. An event that MongoDB rejects is quarantined; the others are stored. Throws
 * `Failure('superseded')` if another attempt has taken over; nothing was written then.
 */
export async function storeBatch(
  store: Store,
  load: EventLoad,
  prepared: Prepared,
  origin: BatchOrigin,
  unstorable?: string,
): Promise<EventLoad> {
  const batch = planBatch(load, prepared, origin, unstorable);
  try {
    return await write(store, load, batch, origin);
  } catch (error) {
    const reason = unstorableReason(error);
    const { pending } = prepared;
    if (reason === undefined || unstorable !== undefined) throw error;
    if (pending.length === 1) return storeBatch(store, load, prepared, origin, reason);
    const half = pending.length >> 1;
    const first = await storeBatch(store, load, { ...prepared, pending: pending.slice(0, half) }, origin);
    // The second half is compared with the events of the first half and of the previous batch.
    const last = [...(load.last ?? []), ...(first.last ?? [])];
    const rest = { ...prepared, pending: pending.slice(half) };
    const second = await storeBatch(store, { ...first, last }, rest, origin);
    return { ...second, last: [...(first.last ?? []), ...(second.last ?? [])] };
  }
}

/** The changes that a batch will write. */
interface Batch {
  after: EventLoad;
  fresh: readonly EventDoc[];
  values: ReadonlyMap<string, ReadonlySet<number>>;
  /** Rejected rows, by the position of their page. */
  rejected: ReadonlyMap<number, Rejected[]>;
  leaving: { page: string; row: number }[];
}

/** `unstorable`: why MongoDB rejected the only event of the batch. */
function planBatch(
  load: EventLoad,
  { pending, known, values }: Prepared,
  { run, originOf, isQuarantined }: BatchOrigin,
  unstorable: string | undefined,
): Batch {
  const source = load._id;
  const leaving: Batch['leaving'] = [];
  const fresh: EventDoc[] = [];
  const own: LoadedEvent[] = [];
  const rejected = new Map<number, Rejected[]>();
  const counts = { ...load.counts };
  const first = new Map<EventId, Content>(known);
  for (const content of load.last ?? []) {
    first.set(content.id, content);
    values.get(content.category)?.add(content.value);
  }
  for (const event of pending) {
    const { id, page, row, offset, length, category, value, more } = event;
    const earlier = first.get(id);
    const content = { category, value, ...(more === undefined ? {} : { more }) };
    const reason = unstorable ?? (earlier !== undefined && !isSame(earlier, content) ? CONFLICT : undefined);
    if (reason !== undefined) {
      counts.conflicts += 1;
      const ofPage = rejected.get(page) ?? [];
      rejected.set(page, ofPage);
      ofPage.push({ reason, row, offset, length });
      continue;
    }
    if (earlier === undefined) {
      const seq = load.stored + fresh.length + 1;
      const stored = more === undefined ? {} : { more: toBson(more) as Record<string, unknown> };
      fresh.push({ _id: { source, id }, category, value, ...stored, seq, run, page, row });
      own.push({ id, ...content });
      first.set(id, content);
    } else counts.duplicates += 1;
    if (isQuarantined?.(event)) leaving.push({ page: originOf(page).page, row });
  }
  counts.new += fresh.length;
  const last = pending.at(-1)!;
  const after: EventLoad = {
    ...load,
    stored: load.stored + fresh.length,
    largest: load.largest === undefined || compareIds(last.id, load.largest) > 0 ? last.id : load.largest,
    counts,
    reached: { id: last.id, page: last.page, row: last.row },
    last: own,
  };
  return { after, fresh, values, rejected, leaving };
}

async function write(
  store: Store,
  { _id: source, epoch, outOfBand }: EventLoad,
  { after, fresh, values, rejected, leaving }: Batch,
  { originOf }: BatchOrigin,
): Promise<EventLoad> {
  const { stored, largest, reached, counts } = after;
  const progress = { stored, largest, ...(outOfBand ? {} : { counts, reached }) };
  await inTransaction(store, async (session) => {
    const fenced = await store.eventLoads.updateOne({ _id: source, epoch }, { $set: progress as object }, { session });
    if (fenced.matchedCount === 0) throw superseded(source);
    if (fresh.length > 0) {
      await store.events.insertMany(fresh, { session, ordered: true });
      await store.eventCategories.bulkWrite(aggregated(source, fresh, values), { session, ordered: false });
    }
    for (const [page, rows] of rejected) {
      const origin = { ...originOf(page), observedAt: new Date() };
      const overflow = await putRejected(store, origin, rows, session);
      const ofPage = { _id: origin.page, outcome: { $exists: true } };
      if (overflow > 0) await store.pages.updateOne(ofPage, { $inc: { 'outcome.overflow': overflow } }, { session });
    }
    await removeRowEntries(store, leaving, session);
  });
  return after;
}

/** Whether this attempt still owns the load. */
export async function isOwn(store: Store, { _id, epoch }: EventLoad): Promise<boolean> {
  return (await store.eventLoads.findOne({ _id, epoch }, { projection: { _id: 1 } })) !== null;
}

export const superseded = (source: string): Failure =>
  new Failure('superseded', `Another attempt has taken over loading the records of ${source}`, { source });

function isSame(a: Content, b: Content): boolean {
  return a.category === b.category && a.value === b.value && isDeepStrictEqual(a.more, b.more);
}
