import type { Row } from '../model/source.js';
import { getBody } from '../store/collections/bodies.js';
import { compareIds, type EventId } from '../model/event-order.js';
import { storeBatch, prepare, type BatchOrigin } from './store-batch.js';
import { takeLoad, type PendingEvent, type EventLoad } from '../store/collections/event-loads.js';
import { noteOverflow, pagesFrom } from '../store/collections/pages.js';
import type { PageDoc } from '../store/documents/pages.js';
import { originOf, putRejected, type RejectedOrigin } from '../store/collections/quarantine.js';
import { addSample } from '../store/collections/schemas.js';
import { pendingEventOf, sortPendingEvents } from './pending.js';
import { loadFailure } from './load-failure.js';
import { withLocation } from '../normalize/errors.js';
import { NOTHING, type Normalized } from '../normalize/normalized.js';
import { readCarefully, UNOBSERVED, type ReadObserver } from '../normalize/careful.js';
import { readPage } from '../normalize/page.js';
import type { NormalizerContext } from '../normalize/context.js';
import { SchemaSampler } from '../normalize/schema-drift.js';
import { ExternalSort, type Entry } from './sort/index.js';
import { QuarantinedRows } from './quarantined-rows.js';

type RowOrigins = Required<Pick<BatchOrigin, 'originOf' | 'isQuarantined'>>;

export interface LoadInput {
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
const loadId = ({ run, pages, from }: LoadInput) => `${run}/${pages}/${from}`;

export interface LoadOptions {
  signal: AbortSignal;
  /** Called after each page that was read and each batch that was stored. */
  onPage: (sum: Normalized) => void;
  observer?: ReadObserver;
}

/** Ledger entries read at once. */
const AHEAD = 50;

/**
 * Stores the events of a whole listing in the order of their ids; of equal ids, stores the event that was received first.
 * Reads the stored pages, sorts with temporary files, and stores batches, each in one transaction with the position that it
 * reached. A repeated call continues after that position, and stores the same events in the same order.
 */
export async function loadInOrder(
  context: NormalizerContext,
  input: LoadInput,
  { signal, onPage, observer = UNOBSERVED }: LoadOptions,
): Promise<Normalized> {
  const { store } = context;
  const sum: Normalized = { ...NOTHING, next: input.from, stopped: 'ended' };
  const load = await takeLoad(store, input.source, loadId(input));
  const sort = new ExternalSort();
  try {
    const listing = await sortPages(context, input, sort, sum, observer, () => {
      signal.throwIfAborted();
      onPage(sum);
    });
    const read = sum.quarantined;
    const count = ({ counts }: EventLoad) => {
      sum.new = counts.new;
      sum.unchanged = counts.duplicates;
      sum.quarantined = read + counts.conflicts;
      onPage(sum);
    };
    // An earlier attempt may have stored all events.
    count(load);
    for await (const reached of storeSorted(context, input, load, sort, listing)) {
      count(reached);
      signal.throwIfAborted();
    }
    return sum;
  } catch (error) {
    throw await loadFailure(store, load, error);
  } finally {
    await sort.dispose();
  }
}

/** Reads all pages into the sort; rows that cannot be read go to quarantine. Returns the origins of the rows. */
async function sortPages(
  context: NormalizerContext,
  input: LoadInput,
  sort: ExternalSort,
  sum: Normalized,
  observer: ReadObserver,
  onPage: () => void,
): Promise<RowOrigins> {
  const { store, sources, keys, versionOf } = context;
  const source = sources.get(input.source);
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
      readPage(source, page, body, context, observe),
    );
    row = undefined;
    const { rejected } = read;
    await sortPendingEvents(sort, page, read);
    const overflow = await putRejected(store, originOf(page, input.run), rejected);
    if (quarantined) await quarantinedRows.add(page, read);
    sum.pages += 1;
    sum.rows += page.rows;
    sum.quarantined += rejected.length;
    sum.next = page.seq + 1;
    if (page.outcome === undefined || page.outcome.set_aside) {
      const outcome = { at: new Date(), new: 0, changed: 0, unchanged: 0, quarantined: rejected.length, overflow };
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
    } else if (input.pages !== input.run) await noteOverflow(store, page, overflow);
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
        throw withLocation(error, { page: page.seq, ...(row === undefined ? {} : { row }) });
      });
    }
    if (ledger.length >= AHEAD) continue;
    if (input.pages === input.run) await addSample(store, input.source, input.run, schema);
    return { originOf: (page) => origins.get(page)!, isQuarantined: (position) => quarantinedRows.has(position) };
  }
}

/**
 * Stores batches. Merges and looks up the next batch while the current one is written. Yields the state after each batch.
 */
async function* storeSorted(
  { store }: NormalizerContext,
  { run, source }: LoadInput,
  taken: EventLoad,
  sort: ExternalSort,
  rowOrigins: RowOrigins,
): AsyncGenerator<EventLoad> {
  let load = taken;
  const { reached } = taken;
  const lookedUp = async (largest: EventId | undefined, batch: IteratorResult<Entry[], unknown>) => {
    if (batch.done) return undefined;
    const ahead = reached ? batch.value.filter((entry) => isAfter(entry, reached)) : batch.value;
    return prepare(store, source, ahead.map(pendingEventOf), largest);
  };
  const batches = sort.sorted();
  let next = batches.next().then((batch) => lookedUp(load.largest, batch));
  try {
    for (;;) {
      const prepared = await next;
      if (!prepared) return;
      const { largest } = load;
      next = batches.next().then((batch) => lookedUp(largest, batch));
      next.catch(() => {}); // awaited in the next round
      if (prepared.pending.length === 0) continue;
      const [{ page, row }] = prepared.pending as [PendingEvent];
      load = await storeBatch(store, load, prepared, { run, ...rowOrigins }).catch((error: unknown) => {
        throw withLocation(error, { page, row });
      });
      yield load;
    }
  } finally {
    // Closes the temporary files.
    await batches.return(undefined);
  }
}

function isAfter(entry: Entry, position: { id: EventId; page: number; row: number }): boolean {
  return (compareIds(entry.id, position.id) || entry.page - position.page || entry.row - position.row) > 0;
}
