import type { Store } from '../store/database.js';
import { LeaseLost, type Lease } from '../store/collections/leases.js';
import { mergeBatch, type MergedBatch, type MergeOptions } from './merge-batch.js';
import { addMerged, NOTHING_MERGED } from './merged.js';
import { isDefect, setAside } from './set-aside.js';

/** Result of a batch. */
export interface BatchWithSetAside extends MergedBatch {
  /** Records that could not be merged. */
  aside: string[];
}

/**
 * Merges a batch. If that fails because of a defect in code or data, the function splits the batch in halves until single
 * records are left. Records that still fail are set aside; all others are merged. Throws when MongoDB is unavailable, and
 * `LeaseLost`.
 */
export async function mergeOneByOne(store: Store, lease: Lease, options: MergeOptions): Promise<BatchWithSetAside> {
  try {
    return { ...(await mergeBatch(store, lease, options)), aside: [] };
  } catch (error) {
    if (error instanceof LeaseLost || !isDefect(error)) throw error;
  }
  const { ids } = options;
  if (ids.length === 1) return mergeOrSetAside(store, lease, options, ids[0]!);
  const middle = Math.ceil(ids.length / 2);
  const sum: BatchWithSetAside = { ...NOTHING_MERGED, left: false, aside: [] };
  for (const half of [ids.slice(0, middle), ids.slice(middle)]) {
    const { left, aside, ...merged } = await mergeOneByOne(store, lease, { ...options, ids: half });
    addMerged(sum, merged);
    sum.left ||= left;
    sum.aside.push(...aside);
  }
  return sum;
}

/** Tries again after reading the record's hash. A record that has changed in the meantime is not set aside. */
async function mergeOrSetAside(
  store: Store,
  lease: Lease,
  options: MergeOptions,
  id: string,
): Promise<BatchWithSetAside> {
  const record = await store.records.findOne({ _id: id }, { projection: { hash: 1 } });
  try {
    return { ...(await mergeBatch(store, lease, options)), aside: [] };
  } catch (error) {
    if (error instanceof LeaseLost || !isDefect(error)) throw error;
    const isAside = record !== null && (await setAside(store, id, record.hash, options.run, error));
    return { ...NOTHING_MERGED, left: !isAside, aside: isAside ? [id] : [] };
  }
}
