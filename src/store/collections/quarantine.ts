import type { QuarantineDoc } from '../documents/quarantine.js';
import type { AnyBulkWriteOperation, ClientSession, Filter, MongoBulkWriteError } from 'mongodb';
import { isFuture, isLater } from '../clock.js';
import type { Store } from '../database.js';
import type { PageDoc } from '../documents/pages.js';
import { slicesOfIds } from '../slices.js';

export interface Rejected {
  recordId?: string;
  reason: string;
  row: number;
  offset: number;
  length: number;
}

/** The page of rejected rows. */
export interface RejectedOrigin {
  source: string;
  run: string;
  page: string;
  observedAt: Date;
  /** For a page from a file: the file's name, and how many lines precede the page. */
  lines?: { file: string; before: number };
}

/** The origin of rejected rows from a ledger page. `run`: the run that reads the page. */
export function originOf(page: PageDoc, run = page.run): RejectedOrigin {
  const { file, line } = page.cursor;
  const isFile = typeof file === 'string' && typeof line === 'number';
  return {
    source: page.source,
    run,
    page: page._id,
    observedAt: page.fetched_at,
    ...(isFile ? { lines: { file, before: line } } : {}),
  };
}

/** The line of a row in its file, for users. `undefined` for a source that does not read files. */
export const lineOf = ({ file, line }: Pick<QuarantineDoc, 'file' | 'line'>): string | undefined =>
  file === undefined || line === undefined ? undefined : `line ${line} of ${file}`;

/** Whether an entry is a whole page that could not be read. It is stored as row 0 with the length of the page. */
export const isWholePage = (
  { row, offset, length }: Pick<Rejected, 'row' | 'offset' | 'length'>,
  page: { bytes: number },
): boolean => row === 0 && offset === 0 && length === page.bytes;

/** `_id` of a row without an id, and of a whole page (row 0). */
export const rowId = (page: string, row: number): string => `${page}#${row}`;

/** `_id` of a rejected row in quarantine. */
export const entryId = (
  { source, page }: Pick<RejectedOrigin, 'source' | 'page'>,
  { recordId, row }: Pick<Rejected, 'recordId' | 'row'>,
): string => (recordId === undefined ? rowId(page, row) : `${source}:${recordId}`);

/** Up to this many rows are looked up by id. If there are more, the rows without an id are looked up as a range. */
const FEW = 1_000;
/** Maximum number of attempts at a page whose entries another process changes at the same time. */
const ROUNDS = 10;
const DUPLICATE_KEY = 11000;

/**
 * Stores rejected rows of one page, up to the source's limit of quarantined rows. Can be repeated. An older page that is read
 * again never replaces the entry of a newer page. Returns how many rows did not fit.
 */
export async function putRejected(
  store: Store,
  origin: RejectedOrigin,
  rejected: readonly Rejected[],
  session?: ClientSession,
): Promise<number> {
  if (rejected.length === 0) return 0;
  // Of rows with the same entry id only the last one is kept, so that each entry is written once.
  const rows = new Map(rejected.map((row) => [entryId(origin, row), row]));
  const writer = new RejectedRowWriter(store, origin, session, await store.clock.now());
  if (rows.size > FEW) await writer.lookUpRowsWithoutId();
  for (const ids of slicesOfIds([...rows.keys()]))
    await writer.put(new Map(ids.map((id): [string, Rejected] => [id, rows.get(id)!])));
  return writer.left;
}

type Known = Pick<QuarantineDoc, '_id' | 'page' | 'last_at' | 'count'>;

/** Stores the rejected rows of one page, slice by slice. */
class RejectedRowWriter {
  /** Rows that did not fit. */
  left = 0;
  /** How many more entries the source may have; counted at the first insert. */
  #room: number | undefined;
  #withoutId: ReadonlyMap<string, Known> | undefined;

  constructor(
    private readonly store: Store,
    private readonly origin: RejectedOrigin,
    private readonly session: ClientSession | undefined,
    private readonly now: Date,
  ) {}

  /** Reads the stored entries of rows without an id as a range. If no row of a page can be read, most rows have no id. */
  async lookUpRowsWithoutId(): Promise<void> {
    const { page } = this.origin;
    const found = await this.#find({ _id: { $gte: `${page}#`, $lt: `${page}$` } });
    this.#withoutId = new Map(found.map((entry) => [entry._id, entry]));
  }

  async put(rows: ReadonlyMap<string, Rejected>): Promise<void> {
    let open = rows;
    for (let round = 0; open.size > 0; round += 1) {
      if (round === ROUNDS)
        throw new Error(`Entries of page ${this.origin.page} keep being changed by another process`);
      const found = await (round === 0 ? this.#knownOf(open) : this.#find({ _id: { $in: [...open.keys()] } }));
      open = await this.#putRound(open, found);
    }
  }

  async #knownOf(rows: ReadonlyMap<string, Rejected>): Promise<Known[]> {
    const withoutId = this.#withoutId;
    if (!withoutId) return this.#find({ _id: { $in: [...rows.keys()] } });
    const named = [...rows].filter(([, { recordId }]) => recordId !== undefined).map(([_id]) => _id);
    const placed = [...rows.keys()].flatMap((_id) => withoutId.get(_id) ?? []);
    return named.length === 0 ? placed : [...placed, ...(await this.#find({ _id: { $in: named } }))];
  }

  #find(filter: Filter<QuarantineDoc>): Promise<Known[]> {
    const { store, session } = this;
    const projection = { page: 1, last_at: 1, count: 1 };
    return store.quarantine
      .find(filter, { projection, ...(session && { session }) })
      .batchSize(10_000)
      .toArray();
  }

  /** Returns the rows whose entries another process changed or inserted meanwhile. */
  async #putRound(rows: ReadonlyMap<string, Rejected>, found: Known[]): Promise<ReadonlyMap<string, Rejected>> {
    const { store, origin, session } = this;
    const within = session && { session };
    const known = new Map(found.map((entry) => [entry._id, entry]));
    const updates = found.map((entry) => updateOf(origin, rows.get(entry._id)!, entry, this.now));
    const fresh = [...rows].filter(([_id]) => !known.has(_id));
    const again = await this.#insert(fresh.map(([_id, row]) => docOf(origin, _id, row)));
    if (updates.length > 0) {
      const { matchedCount } = await store.quarantine.bulkWrite(updates, { ordered: false, ...within });
      if (matchedCount < updates.length) for (const { _id } of found) again.add(_id);
    }
    return new Map([...rows].filter(([_id]) => again.has(_id)));
  }

  /** Inserts the entries that fit. Returns the ids of entries that another process inserted in the meantime. */
  async #insert(docs: readonly QuarantineDoc[]): Promise<Set<string>> {
    if (docs.length === 0) return new Set();
    const { store, session } = this;
    this.#room ??= await roomFor(store, this.origin.source, session);
    const fitting = docs.slice(0, this.#room);
    this.left += docs.length - fitting.length;
    this.#room -= fitting.length;
    if (fitting.length === 0) return new Set();
    try {
      await store.quarantine.insertMany(fitting, { ordered: false, ...(session && { session }) });
      return new Set();
    } catch (error) {
      const { writeErrors, result } = error as Partial<MongoBulkWriteError>;
      const failures = [writeErrors ?? []].flat();
      const duplicates = failures.length > 0 && failures.every(({ code }) => code === DUPLICATE_KEY);
      if (session || !duplicates || result?.getWriteConcernError() !== undefined) throw error;
      return new Set(failures.map(({ index }) => fitting[index]!._id));
    }
  }
}

async function roomFor(store: Store, source: string, session: ClientSession | undefined): Promise<number> {
  const most = store.mostQuarantined;
  const kept = await store.quarantine.countDocuments({ source }, { limit: most, ...(session && { session }) });
  return Math.max(0, most - kept);
}

function originFields({ source, run, page, lines }: RejectedOrigin, { reason, row, offset, length }: Rejected) {
  const inFile = lines && { file: lines.file, line: lines.before + row + 1 };
  return { source, reason, run, page, row, offset, length, ...inFile };
}

function docOf(origin: RejectedOrigin, _id: string, row: Rejected): QuarantineDoc {
  const { observedAt } = origin;
  return { _id, ...originFields(origin, row), first_at: observedAt, last_at: observedAt, count: 1 };
}

function updateOf(
  origin: RejectedOrigin,
  row: Rejected,
  known: Known,
  now: Date,
): AnyBulkWriteOperation<QuarantineDoc> {
  const { page, observedAt } = origin;
  const place = originFields(origin, row);
  // Matches only if the entry has not changed since it was read; otherwise the entry is read again.
  const filter = { _id: known._id, page: known.page };
  // A time in the future is wrong: replace it.
  const last: { $set?: { last_at: Date }; $max?: { last_at: Date } } = isFuture(known.last_at, now)
    ? { $set: { last_at: observedAt } }
    : { $max: { last_at: observedAt } };
  const times = { $min: { first_at: observedAt }, ...last };
  if (known.page === page) return { updateOne: { filter, update: { ...times, $set: { ...place, ...times.$set } } } };
  if (isLater(known.last_at, observedAt, now)) return { updateOne: { filter, update: times } };
  return {
    updateOne: { filter, update: { ...times, $set: { ...place, ...times.$set, count: (known.count ?? 1) + 1 } } },
  };
}
