import type { AnyBulkWriteOperation, ClientSession, IndexDescription } from 'mongodb';
import type { Store } from './database.js';

/** A row (or a whole page) that could not be understood: why, where it is kept as received, and since when. */
export interface QuarantineDoc {
  /** `source:native id` where the id could be read, else the page and the row. */
  _id: string;
  source: string;
  /** Stable text without values, to group by. */
  reason: string;
  run: string;
  /** The raw reference: page of the ledger, row in it, byte range in its body. */
  page: string;
  row: number;
  offset: number;
  length: number;
  first_at: Date;
  last_at: Date;
  /** On how many pages it came: reading one again does not count. Entries from before it was counted have none. */
  count?: number;
}

export const quarantineIndexes: IndexDescription[] = [{ key: { source: 1, reason: 1 } }];

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
}

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

/** Attempts at a page whose entries somebody else changes meanwhile. */
const ROUNDS = 10;

/**
 * Keeps rejected rows of one page; repeating it changes nothing. An older page, read again, never takes the place of the
 * newer one on which a record came.
 */
export async function putRejected(
  store: Store,
  origin: RejectedOrigin,
  rejected: readonly Rejected[],
  session?: ClientSession,
): Promise<void> {
  const within = session && { session };
  // The later row wins: one write an entry.
  const rows = new Map(rejected.map((row) => [entryId(origin, row), row]));
  for (let round = 0; rows.size > 0; round += 1) {
    if (round === ROUNDS) throw new Error(`Entries of page ${origin.page} keep changing under us`);
    const projection = { page: 1, last_at: 1, count: 1 };
    const found = await store.quarantine.find({ _id: { $in: [...rows.keys()] } }, { projection, ...within }).toArray();
    const known = new Map(found.map((entry) => [entry._id, entry]));
    const operations = [...rows].map(([_id, row]) => writeOf(origin, _id, row, known.get(_id)));
    const { matchedCount, upsertedCount } = await store.quarantine.bulkWrite(operations, { ordered: false, ...within });
    if (matchedCount + upsertedCount === rows.size) return;
  }
}

type Known = Pick<QuarantineDoc, 'page' | 'last_at' | 'count'>;

function writeOf(
  { source, run, page, observedAt }: RejectedOrigin,
  _id: string,
  { reason, row, offset, length }: Rejected,
  known: Known | undefined,
): AnyBulkWriteOperation<QuarantineDoc> {
  const place = { source, reason, run, page, row, offset, length };
  if (!known) {
    const first = { first_at: observedAt, count: 1 };
    return {
      updateOne: {
        filter: { _id },
        update: { $set: { ...place, last_at: observedAt }, $setOnInsert: first },
        upsert: true,
      },
    };
  }
  // Still as it was read: otherwise it is looked at again.
  const filter = { _id, page: known.page };
  const times = { $min: { first_at: observedAt }, $max: { last_at: observedAt } };
  if (known.page === page) return { updateOne: { filter, update: { $set: place, ...times } } };
  if (known.last_at > observedAt) return { updateOne: { filter, update: times } };
  return { updateOne: { filter, update: { $set: { ...place, count: (known.count ?? 1) + 1 }, ...times } } };
}
