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

/** The page that rejected rows are of. */
export interface RejectedOrigin {
  source: string;
  run: string;
  page: string;
  observedAt: Date;
  /** Where a page out of a file begins: its name, and how many lines are before it. */
  lines?: { file: string; before: number };
}

/** The page of the ledger that rejected rows are of; `run`: the one that reads it. */
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

/** Where a row stands for whoever mends it: the line of its file. `undefined` for a source that reads no files. */
export const lineOf = ({ file, line }: Pick<QuarantineDoc, 'file' | 'line'>): string | undefined =>
  file === undefined || line === undefined ? undefined : `line ${line} of ${file}`;

/** A page that could not be read as one is kept as its first row, and as long as itself. */
export const isWholePage = (
  { row, offset, length }: Pick<Rejected, 'row' | 'offset' | 'length'>,
  page: { bytes: number },
): boolean => row === 0 && offset === 0 && length === page.bytes;

/** `_id` of a row without an id, and of a page as a whole (its first row). */
export const placeId = (page: string, row: number): string => `${page}#${row}`;

/** `_id` that a rejected row has in quarantine. */
export const entryId = (
  { source, page }: Pick<RejectedOrigin, 'source' | 'page'>,
  { recordId, row }: Pick<Rejected, 'recordId' | 'row'>,
): string => (recordId === undefined ? placeId(page, row) : `${source}:${recordId}`);

/** So many rows are looked up one by one; of more, those without an id are looked up as a range. */
const FEW = 1_000;
/** Attempts at a page whose entries somebody else changes meanwhile. */
const ROUNDS = 10;
const DUPLICATE_KEY = 11000;

/**
 * Keeps rejected rows of one page, as many as a source may have in quarantine; repeating it changes nothing. An older page, read
 * again, never takes the place of the newer one on which a record came. Returns how many there was no room for.
 */
export async function putRejected(
  store: Store,
  origin: RejectedOrigin,
  rejected: readonly Rejected[],
  session?: ClientSession,
): Promise<number> {
  if (rejected.length === 0) return 0;
  // The later row wins: one write an entry.
  const rows = new Map(rejected.map((row) => [entryId(origin, row), row]));
  const keeping = new Keeping(store, origin, session, await store.clock.now());
  if (rows.size > FEW) await keeping.lookUpPlaces();
  for (const ids of slicesOfIds([...rows.keys()]))
    await keeping.put(new Map(ids.map((id): [string, Rejected] => [id, rows.get(id)!])));
  return keeping.left;
}

type Known = Pick<QuarantineDoc, '_id' | 'page' | 'last_at' | 'count'>;

/** Keeps the rows of one page, slice by slice. */
class Keeping {
  /** Rows that there was no room for. */
  left = 0;
  /** How many more entries the source may have; counted when it is asked for. */
  #room: number | undefined;
  #places: ReadonlyMap<string, Known> | undefined;

  constructor(
    private readonly store: Store,
    private readonly origin: RejectedOrigin,
    private readonly session: ClientSession | undefined,
    private readonly now: Date,
  ) {}

  /** Reads which rows without an id are there already, as most of a page that nothing of is understood are not. */
  async lookUpPlaces(): Promise<void> {
    const { page } = this.origin;
    const found = await this.#find({ _id: { $gte: `${page}#`, $lt: `${page}$` } });
    this.#places = new Map(found.map((entry) => [entry._id, entry]));
  }

  async put(rows: ReadonlyMap<string, Rejected>): Promise<void> {
    let open = rows;
    for (let round = 0; open.size > 0; round += 1) {
      if (round === ROUNDS) throw new Error(`Entries of page ${this.origin.page} keep changing under us`);
      const found = await (round === 0 ? this.#knownOf(open) : this.#find({ _id: { $in: [...open.keys()] } }));
      open = await this.#putRound(open, found);
    }
  }

  async #knownOf(rows: ReadonlyMap<string, Rejected>): Promise<Known[]> {
    const places = this.#places;
    if (!places) return this.#find({ _id: { $in: [...rows.keys()] } });
    const named = [...rows].filter(([, { recordId }]) => recordId !== undefined).map(([_id]) => _id);
    const placed = [...rows.keys()].flatMap((_id) => places.get(_id) ?? []);
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

  /** Returns those that somebody else changed or put meanwhile. */
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

  /** Returns the ids of those that somebody else put meanwhile. */
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

function placeOf({ source, run, page, lines }: RejectedOrigin, { reason, row, offset, length }: Rejected) {
  const inFile = lines && { file: lines.file, line: lines.before + row + 1 };
  return { source, reason, run, page, row, offset, length, ...inFile };
}

function docOf(origin: RejectedOrigin, _id: string, row: Rejected): QuarantineDoc {
  const { observedAt } = origin;
  return { _id, ...placeOf(origin, row), first_at: observedAt, last_at: observedAt, count: 1 };
}

function updateOf(
  origin: RejectedOrigin,
  row: Rejected,
  known: Known,
  now: Date,
): AnyBulkWriteOperation<QuarantineDoc> {
  const { page, observedAt } = origin;
  const place = placeOf(origin, row);
  // Still as it was read: otherwise it is looked at again.
  const filter = { _id: known._id, page: known.page };
  // A time that has not come yet is none.
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
