import { offlineInput } from '../sources/offline.js';
import type { Row } from '../model/source.js';
import { getBody } from '../store/collections/bodies.js';
import { compareIds, type EventId } from '../model/event-order.js';
import { storeBatch, prepare, type BatchOrigin } from './deliver.js';
import { takeDelivery, type PendingEvent, type Delivery } from '../store/collections/deliveries.js';
import { noteUnkept, pagesFrom } from '../store/collections/pages.js';
import type { PageDoc } from '../store/documents/pages.js';
import { originOf, putRejected, type RejectedOrigin } from '../store/collections/quarantine.js';
import { addSample } from '../store/collections/shapes.js';
import { pendingEventOf, sortPendingEvents } from './pending.js';
import { loadFailure } from './load-failure.js';
import { placed } from '../normalize/errors.js';
import { NOTHING, type Normalized } from '../normalize/normalize.js';
import { readCarefully, UNOBSERVED, type ReadObserver } from '../normalize/careful.js';
import { readPage } from '../normalize/page.js';
import type { NormalizerContext } from '../normalize/context.js';
import { SchemaSampler } from '../normalize/schema-drift.js';
import { ExternalSort, type Entry } from './sort/index.js';
import { QuarantinedRows } from './quarantined-rows.js';

type RowOrigins = Required<Pick<BatchOrigin, 'originOf' | 'isQuarantined'>>;

export interface DeliverInput {
  run: string;
  source: string;
  /** Position in the listing to start at. */
  from: number;
  /** The run whose stored pages are read. Differs from `run` in a replay. */
  pages: string;
  /** Number of the activity's attempt, from 1. */
  attempt?: number;
}

/** Identifies one load. Another attempt with the same id continues where the previous one stopped. */
const deliveryId = ({ run, pages, from }: DeliverInput) => `${run}/${pages}/${from}`;

export interface LoadOptions {
  signal: AbortSignal;
  /** Called after each page that was read and each batch that was stored. */
  onPage: (sum: Normalized) => void;
  observer?: ReadObserver;
}

/** Ledger entries read at once. */
const AHEAD = 50;

/**
 * Stores the events of a whole listing in the order of their ids; of equal ids, the first that was received. Reads the stored
 * pages, sorts with temporary files, and stores batches, each in one transaction with the position that it reached. A repeated
 * call continues after that position, and gives the same events in the same order.
 */
export async function loadInOrder(
  context: NormalizerContext,
  input: DeliverInput,
  { signal, onPage, observer = UNOBSERVED }: LoadOptions,
): Promise<Normalized> {
  const { store } = context;
  const sum: Normalized = { ...NOTHING, next: input.from, stopped: 'ended' };
  const delivery = await takeDelivery(store, input.source, deliveryId(input));
  const sort = new ExternalSort();
  try {
    const listing = await sortPages(context, input, sort, sum, observer, () => {
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
    // An earlier attempt may have stored everything.
    count(delivery);
    for await (const reached of storeSorted(context, input, delivery, sort, listing)) {
      count(reached);
      signal.throwIfAborted();
    }
    return sum;
  } catch (error) {
    throw await loadFailure(store, delivery, error);
  } finally {
    await sort.dispose();
  }
}

/** Reads all pages into the sort; rows that cannot be read go to quarantine. Returns where the rows come from. */
async function sortPages(
  context: NormalizerContext,
  input: DeliverInput,
  sort: ExternalSort,
  sum: Normalized,
  observer: ReadObserver,
  onPage: () => void,
): Promise<RowOrigins> {
  const { store, sources, environment, keys, versionOf } = context;
  const source = sources.get(input.source);
  const offline = offlineInput(source, environment);
  const sealed = () => keys.keys();
  const origins = new Map<number, RejectedOrigin>();
  const quarantinedRows = new QuarantinedRows(store);
  const schema = new SchemaSampler();
  const quarantined = (await store.quarantine.findOne({ source: source.name }, { projection: { _id: 1 } })) !== null;
  /** The row that is being read. */
  let row: number | undefined;
  const observe = (now: Row) => {
    row = now.index;
    observer.row();
    return schema.add(now);
  };
  const take = async (page: PageDoc, body: Buffer | undefined) => {
    row = undefined;
    const read = await readCarefully(store, page, input.attempt ?? 1, observer, () =>
      readPage(source, offline, page, body, context, observe),
    );
    row = undefined;
    const { rejected } = read;
    await sortPendingEvents(sort, page, read);
    const unkept = await putRejected(store, originOf(page, input.run), rejected);
    if (quarantined) await quarantinedRows.add(page, read);
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
    onPage();
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
    if (input.pages === input.run) await addSample(store, input.source, input.run, schema);
    return { originOf: (page) => origins.get(page)!, isQuarantined: (position) => quarantinedRows.has(position) };
  }
}

/** Stores batches. Merges and looks up the next batch while one is written. Yields the state after each batch. */
async function* storeSorted(
  { store }: NormalizerContext,
  { run, source }: DeliverInput,
  taken: Delivery,
  sort: ExternalSort,
  rowOrigins: RowOrigins,
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
      if (prepared.pending.length === 0) continue;
      const [{ page, row }] = prepared.pending as [PendingEvent];
      delivery = await storeBatch(store, delivery, prepared, { run, ...rowOrigins }).catch((error: unknown) => {
        throw placed(error, { page, row });
      });
      yield delivery;
    }
  } finally {
    // Closes the temporary files.
    await batches.return(undefined);
  }
}

function isAfter(entry: Entry, position: { id: EventId; page: number; row: number }): boolean {
  return (compareIds(entry.id, position.id) || entry.page - position.page || entry.row - position.row) > 0;
}
