import { isDeepStrictEqual } from 'node:util';
import type { ClientSession } from 'mongodb';
import { compareIds, type EventId } from '../model/event-order.js';
import type { Fields } from '../model/observations.js';
import { Failure } from '../model/failure.js';
import type { Store } from '../store/database.js';
import { aggregated } from './aggregates.js';
import type { PendingEvent, Content, LoadedEvent, Delivery } from '../store/collections/deliveries.js';
import type { EventPosition } from '../store/documents/deliveries.js';
import { eventOf, RAW } from '../store/collections/events.js';
import type { EventDoc } from '../store/documents/events.js';
import { toBson } from '../model/exact-bson.js';
import { putRejected, type Rejected, type RejectedOrigin } from '../store/collections/quarantine.js';
import { refusalOf } from '../store/unstorable.js';
import { removeRowEntries } from '../store/release.js';

/** A batch with what the store knows of it. */
export interface Prepared {
  pending: readonly PendingEvent[];
  /** Stored events with ids of the batch. */
  known: ReadonlyMap<EventId, Content>;
  /** Values of the batch that the store has already, by category. */
  values: ReadonlyMap<string, Set<number>>;
}

/** Where a batch comes from. */
export interface BatchOrigin {
  run: string;
  /** The page at a position of the listing, for its rejected rows. */
  originOf: (page: number) => RejectedOrigin;
  /** Whether the row is in quarantine. Its entry is removed in the transaction that stores the event. */
  isQuarantined?: (row: EventPosition) => boolean;
}

export const CONFLICT = 'the id was delivered before with other content';

/** Reads what the store knows of a batch. May run while the previous batch is written. */
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
 * Stores a batch in one transaction: new events, aggregates, conflicts and the position that the load has reached. `delivery` is
 * the state after the previous batch. An event that MongoDB rejects goes to quarantine, the others are stored. Throws
 * `Failure('superseded')` when another attempt has taken over; then nothing was written.
 */
export async function storeBatch(
  store: Store,
  delivery: Delivery,
  prepared: Prepared,
  delivered: BatchOrigin,
  refused?: string,
): Promise<Delivery> {
  const batch = planBatch(delivery, prepared, delivered, refused);
  try {
    return await write(store, delivery, batch, delivered);
  } catch (error) {
    const reason = refusalOf(error);
    const { pending } = prepared;
    if (reason === undefined || refused !== undefined) throw error;
    if (pending.length === 1) return storeBatch(store, delivery, prepared, delivered, reason);
    const half = pending.length >> 1;
    const first = await storeBatch(store, delivery, { ...prepared, pending: pending.slice(0, half) }, delivered);
    // The second half is compared with the events of the first half and of the previous batch.
    const last = [...(delivery.last ?? []), ...(first.last ?? [])];
    const rest = { ...prepared, pending: pending.slice(half) };
    const second = await storeBatch(store, { ...first, last }, rest, delivered);
    return { ...second, last: [...(first.last ?? []), ...(second.last ?? [])] };
  }
}

/** What a batch will write. */
interface Batch {
  after: Delivery;
  fresh: readonly EventDoc[];
  values: ReadonlyMap<string, ReadonlySet<number>>;
  /** Rejected rows, by the position of their page. */
  rejected: ReadonlyMap<number, Rejected[]>;
  leaving: { page: string; row: number }[];
}

/** `refused`: why MongoDB rejected the only event of the batch. */
function planBatch(
  delivery: Delivery,
  { pending, known, values }: Prepared,
  { run, originOf, isQuarantined }: BatchOrigin,
  refused: string | undefined,
): Batch {
  const source = delivery._id;
  const leaving: Batch['leaving'] = [];
  const fresh: EventDoc[] = [];
  const own: LoadedEvent[] = [];
  const rejected = new Map<number, Rejected[]>();
  const counts = { ...delivery.counts };
  const first = new Map<EventId, Content>(known);
  for (const content of delivery.last ?? []) {
    first.set(content.id, content);
    values.get(content.category)?.add(content.value);
  }
  for (const event of pending) {
    const { id, page, row, offset, length, category, value, more } = event;
    const earlier = first.get(id);
    const content = { category, value, ...(more === undefined ? {} : { more }) };
    const reason = refused ?? (earlier !== undefined && !isSame(earlier, content) ? CONFLICT : undefined);
    if (reason !== undefined) {
      counts.conflicts += 1;
      const ofPage = rejected.get(page) ?? [];
      rejected.set(page, ofPage);
      ofPage.push({ reason, row, offset, length });
      continue;
    }
    if (earlier === undefined) {
      const seq = delivery.delivered + fresh.length + 1;
      const stored = more === undefined ? {} : { more: toBson(more) as Record<string, unknown> };
      fresh.push({ _id: { source, id }, category, value, ...stored, seq, run, page, row });
      own.push({ id, ...content });
      first.set(id, content);
    } else counts.duplicates += 1;
    if (isQuarantined?.(event)) leaving.push({ page: originOf(page).page, row });
  }
  counts.new += fresh.length;
  const last = pending.at(-1)!;
  const after: Delivery = {
    ...delivery,
    delivered: delivery.delivered + fresh.length,
    largest: delivery.largest === undefined || compareIds(last.id, delivery.largest) > 0 ? last.id : delivery.largest,
    counts,
    reached: { id: last.id, page: last.page, row: last.row },
    last: own,
  };
  return { after, fresh, values, rejected, leaving };
}

async function write(
  store: Store,
  { _id: source, epoch, outOfBand }: Delivery,
  { after, fresh, values, rejected, leaving }: Batch,
  { originOf }: BatchOrigin,
): Promise<Delivery> {
  const { delivered, largest, reached, counts } = after;
  const progress = { delivered, largest, ...(outOfBand ? {} : { counts, reached }) };
  await inTransaction(store, async (session) => {
    const fenced = await store.deliveries.updateOne({ _id: source, epoch }, { $set: progress as object }, { session });
    if (fenced.matchedCount === 0) throw superseded(source);
    if (fresh.length > 0) {
      await store.events.insertMany(fresh, { session, ordered: true });
      await store.eventCategories.bulkWrite(aggregated(source, fresh, values), { session, ordered: false });
    }
    for (const [page, rows] of rejected) {
      const origin = { ...originOf(page), observedAt: new Date() };
      const unkept = await putRejected(store, origin, rows, session);
      const ofPage = { _id: origin.page, outcome: { $exists: true } };
      if (unkept > 0) await store.pages.updateOne(ofPage, { $inc: { 'outcome.unkept': unkept } }, { session });
    }
    await removeRowEntries(store, leaving, session);
  });
  return after;
}

/** Whether this attempt still owns the delivery. */
export async function isOwn(store: Store, { _id, epoch }: Delivery): Promise<boolean> {
  return (await store.deliveries.findOne({ _id, epoch }, { projection: { _id: 1 } })) !== null;
}

export const superseded = (source: string): Failure =>
  new Failure('superseded', `Another attempt has taken over loading the records of ${source}`, { source });

function isSame(a: Content, b: Content): boolean {
  return a.category === b.category && a.value === b.value && isDeepStrictEqual(a.more, b.more);
}

async function inTransaction(store: Store, work: (session: ClientSession) => Promise<void>): Promise<void> {
  await store.client.withSession((session) =>
    session.withTransaction(() => work(session), { writeConcern: { w: 'majority', journal: true } }),
  );
}
