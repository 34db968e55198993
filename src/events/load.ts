import { offlineInput } from '../sources/offline.js';
import type { Row } from '../model/source.js';
import { getBody } from '../store/collections/bodies.js';
import { compareIds, type EventId } from '../model/event-order.js';
import { deliver, prepare, type Delivered } from './deliver.js';
import { takeDelivery, type PendingEvent, type Delivery } from '../store/collections/deliveries.js';
import { noteUnkept, pagesFrom } from '../store/collections/pages.js';
import type { PageDoc } from '../store/documents/pages.js';
import { originOf, putRejected, type RejectedOrigin } from '../store/collections/quarantine.js';
import { addSample } from '../store/collections/shapes.js';
import { pendingEventOf, sortPendingEvents } from './pending.js';
import { deliveryFailure } from './load-failure.js';
import { placed } from '../normalize/errors.js';
import { NOTHING, type Normalized } from '../normalize/normalize.js';
import { readCarefully, UNWATCHED, type Watched } from '../normalize/careful.js';
import { readPage } from '../normalize/page.js';
import type { Reading } from '../normalize/context.js';
import { Shape } from '../normalize/schema-drift.js';
import { ExternalSort, type Entry } from './sort/index.js';
import { Waiting } from './quarantined-rows.js';

type Places = Required<Pick<Delivered, 'originOf' | 'waits'>>;

export interface DeliverInput {
  run: string;
  source: string;
  /** Position in the listing to begin at. */
  from: number;
  /** The run whose stored pages are read: another one than `run` when they are replayed. */
  pages: string;
  /** Which attempt of its activity this is, from 1. */
  attempt?: number;
}

/** One go at delivering: an attempt that is made again goes on where the one before it had come to. */
const turnOf = ({ run, pages, from }: DeliverInput) => `${run}/${pages}/${from}`;

export interface Delivering {
  signal: AbortSignal;
  /** Told after each page that was read, and each batch that was stored. */
  onPage: (sum: Normalized) => void;
  watched?: Watched;
}

/** Ledger entries read at once. */
const AHEAD = 50;

/**
 * Stores the records of a whole listing in the order of their ids, each id once: the first that came. Reads its stored pages,
 * sorts beyond memory, and delivers batch by batch, each in one transaction with the place it has reached. Repeating it goes
 * on after that place, and ends with the same records in the same order.
 */
export async function deliverRun(
  reading: Reading,
  input: DeliverInput,
  { signal, onPage, watched = UNWATCHED }: Delivering,
): Promise<Normalized> {
  const { store } = reading;
  const sum: Normalized = { ...NOTHING, next: input.from, stopped: 'ended' };
  const delivery = await takeDelivery(store, input.source, turnOf(input));
  const sort = new ExternalSort();
  try {
    const listing = await sortPages(reading, input, sort, sum, watched, () => {
      signal.throwIfAborted();
      onPage(sum);
    });
    const read = sum.quarantined;
    const count = ({ counts }: Delivery) => {
      sum.new = counts.new;
      sum.unchanged = counts.duplicates;
      sum.quarantined = read + counts.conflicts;
      onPage(sum);
    };
    // An earlier attempt may have left nothing to do.
    count(delivery);
    for await (const reached of deliverSorted(reading, input, delivery, sort, listing)) {
      count(reached);
      signal.throwIfAborted();
    }
    return sum;
  } catch (error) {
    throw await deliveryFailure(store, delivery, error);
  } finally {
    await sort.dispose();
  }
}

/** Reads all pages into the sort; what cannot be understood goes to quarantine. Returns what is known of their places. */
async function sortPages(
  reading: Reading,
  input: DeliverInput,
  sort: ExternalSort,
  sum: Normalized,
  watched: Watched,
  told: () => void,
): Promise<Places> {
  const { store, sources, environment, keys, versionOf } = reading;
  const source = sources.get(input.source);
  const offline = offlineInput(source, environment);
  const sealed = () => keys.keys();
  const origins = new Map<number, RejectedOrigin>();
  const waiting = new Waiting(store);
  const shape = new Shape();
  const quarantined = (await store.quarantine.findOne({ source: source.name }, { projection: { _id: 1 } })) !== null;
  /** The row that is being read. */
  let row: number | undefined;
  const look = (now: Row) => {
    row = now.index;
    watched.row();
    return shape.look(now);
  };
  const take = async (page: PageDoc, body: Buffer | undefined) => {
    row = undefined;
    const read = await readCarefully(store, page, input.attempt ?? 1, watched, () =>
      readPage(source, offline, page, body, reading, look),
    );
    row = undefined;
    const { rejected } = read;
    await sortPendingEvents(sort, page, read);
    const unkept = await putRejected(store, originOf(page, input.run), rejected);
    if (quarantined) await waiting.note(page, read);
    sum.pages += 1;
    sum.rows += page.rows;
    sum.quarantined += rejected.length;
    sum.next = page.seq + 1;
    if (page.outcome === undefined || page.outcome.set_aside) {
      const outcome = { at: new Date(), new: 0, changed: 0, unchanged: 0, quarantined: rejected.length, unkept };
      const aside = read.setAside && { set_aside: true as const };
      const described = {
        ...outcome,
        ids: [],
        rejected_ids: [],
        content: '',
        reader: versionOf(source.name),
        ...aside,
      };
      await store.pages.updateOne({ _id: page._id }, { $set: { outcome: described } });
    } else if (input.pages !== input.run) await noteUnkept(store, page, unkept);
    told();
  };
  for (;;) {
    const ledger = await pagesFrom(store, input.pages, source.name, sum.next, AHEAD);
    const bodyOf = (page: PageDoc | undefined) =>
      page && page.rows > 0 ? getBody(store, page.digest, page.bytes, sealed) : Promise.resolve(undefined);
    let body = bodyOf(ledger[0]);
    for (const [at, page] of ledger.entries()) {
      origins.set(page.seq, originOf(page, input.run));
      const ready = await body;
      body = bodyOf(ledger[at + 1]);
      body.catch(() => {}); // awaited with its page
      await take(page, ready).catch((error: unknown) => {
        throw placed(error, { page: page.seq, ...(row === undefined ? {} : { row }) });
      });
    }
    if (ledger.length >= AHEAD) continue;
    if (input.pages === input.run) await addSample(store, input.source, input.run, shape);
    return { originOf: (page) => origins.get(page)!, waits: (place) => waiting.has(place) };
  }
}

/** Stores batch after batch; the next one is merged and looked up while one is being written. Yields how far it has come. */
async function* deliverSorted(
  { store }: Reading,
  { run, source }: DeliverInput,
  taken: Delivery,
  sort: ExternalSort,
  places: Places,
): AsyncGenerator<Delivery> {
  let delivery = taken;
  const { reached } = taken;
  const lookedUp = async (largest: EventId | undefined, batch: IteratorResult<Entry[], unknown>) => {
    if (batch.done) return undefined;
    const ahead = reached ? batch.value.filter((entry) => isAfter(entry, reached)) : batch.value;
    return prepare(store, source, ahead.map(pendingEventOf), largest);
  };
  const batches = sort.sorted();
  let next = batches.next().then((batch) => lookedUp(delivery.largest, batch));
  try {
    for (;;) {
      const prepared = await next;
      if (!prepared) return;
      const { largest } = delivery;
      next = batches.next().then((batch) => lookedUp(largest, batch));
      next.catch(() => {}); // awaited in the next round
      if (prepared.arrivals.length === 0) continue;
      const [{ page, row }] = prepared.arrivals as [PendingEvent];
      delivery = await deliver(store, delivery, prepared, { run, ...places }).catch((error: unknown) => {
        throw placed(error, { page, row });
      });
      yield delivery;
    }
  } finally {
    // Closes the spills.
    await batches.return(undefined);
  }
}

function isAfter(entry: Entry, place: { id: EventId; page: number; row: number }): boolean {
  return (compareIds(entry.id, place.id) || entry.page - place.page || entry.row - place.row) > 0;
}
