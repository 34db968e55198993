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
}

export const quarantineIndexes: IndexDescription[] = [{ key: { source: 1, reason: 1 } }];

export interface Rejected {
  recordId?: string;
  reason: string;
  row: number;
  offset: number;
  length: number;
}

/** Keeps rejected rows of one page; repeating it changes nothing but `last_at`. */
export async function putRejected(
  store: Store,
  origin: { source: string; run: string; page: string; observedAt: Date },
  rejected: readonly Rejected[],
  session?: ClientSession,
): Promise<void> {
  if (rejected.length === 0) return;
  const operations = rejected.map(
    ({ recordId, reason, row, offset, length }): AnyBulkWriteOperation<QuarantineDoc> => ({
      updateOne: {
        filter: { _id: recordId === undefined ? `${origin.page}#${row}` : `${origin.source}:${recordId}` },
        update: {
          $set: {
            source: origin.source,
            reason,
            run: origin.run,
            page: origin.page,
            row,
            offset,
            length,
            last_at: origin.observedAt,
          },
          $setOnInsert: { first_at: origin.observedAt },
        },
        upsert: true,
      },
    }),
  );
  await store.quarantine.bulkWrite(operations, { ordered: false, ...(session && { session }) });
}

/** Lets records leave quarantine that were understood now (by their own id, or at the place where they failed). */
export async function releaseUnderstood(
  store: Store,
  page: string,
  records: readonly { _id: string; row: number }[],
): Promise<void> {
  const ids = records.flatMap(({ _id, row }) => [_id, `${page}#${row}`]);
  await store.quarantine.deleteMany({ _id: { $in: ids } });
}
