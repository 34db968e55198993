import type { Dataset, NormalizedRecord } from './datasets/dataset.js';
import type { Store } from '../store/database.js';
import type { Origin, Outcome } from '../store/collections/records.js';
import { unstorableReason, unstorable } from '../store/unstorable.js';
import { slices } from '../store/slices.js';

/** A normalized record that MongoDB rejected. */
export interface UnstorableRecord {
  record: NormalizedRecord;
  reason: string;
}

export interface Put {
  counts: Outcome;
  unstorable: UnstorableRecord[];
}

/**
 * Stores one page's records, in requests of limited size. Returns the records that MongoDB rejects, with the reason.
 * Searches for them only when a request fails.
 */
export async function putRecordsOf(
  dataset: Dataset,
  store: Store,
  origin: Origin,
  records: readonly NormalizedRecord[],
  known: boolean,
): Promise<Put> {
  const put: Put = { counts: { new: 0, changed: 0, unchanged: 0 }, unstorable: [] };
  const putSome = async (some: readonly NormalizedRecord[], lookUp: boolean): Promise<void> => {
    if (some.length === 0) return;
    try {
      const counts = await dataset.put(store, origin, some, lookUp);
      for (const count of ['new', 'changed', 'unchanged'] as const) put.counts[count] += counts[count];
    } catch (error) {
      const reason = unstorableReason(error);
      if (reason === undefined) throw error;
      await putWithout(some, reason);
    }
  };
  /**
   * Splits a failed batch. Records that the failed request had already stored get the same counts when they are stored
   * again.
   */
  const putWithout = async (some: readonly NormalizedRecord[], reason: string): Promise<void> => {
    if (some.length === 1) {
      put.unstorable.push({ record: some[0]!, reason });
      return;
    }
    const fitting = some.filter((record) => {
      const why = unstorable(record);
      if (why !== undefined) put.unstorable.push({ record, reason: why });
      return why === undefined;
    });
    if (fitting.length < some.length) return putSome(fitting, true);
    // MongoDB rejects one of them for a reason that `unstorable` does not detect.
    const half = some.length >> 1;
    await putSome(some.slice(0, half), true);
    await putSome(some.slice(half), true);
  };
  for (const some of slices(records, ({ _id }) => _id)) await putSome(some, known);
  return put;
}
