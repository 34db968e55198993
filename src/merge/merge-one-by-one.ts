import type { Store } from '../store/database.js';
import { LeaseLost, type Lease } from '../store/collections/leases.js';
import { addMerged, mergeBatch, NOTHING_MERGED, type MergedBatch, type MergeOptions } from './merge-batch.js';
import { isDefect, setAside } from './set-aside.js';

/** What a batch came to, and the records of it that could not be merged. */
export interface ApartBatch extends MergedBatch {
  aside: string[];
}

/**
 * Merges a batch. Where it fails by a defect of the code or the data, each half of it is merged on its own, and so on: what is
 * left in the end is set aside, and everything else is merged. Throws when MongoDB is away, and `LeaseLost`.
 */
export async function mergeApart(store: Store, lease: Lease, options: MergeOptions): Promise<ApartBatch> {
  try {
    return { ...(await mergeBatch(store, lease, options)), aside: [] };
  } catch (error) {
    if (error instanceof LeaseLost || !isDefect(error)) throw error;
  }
  const { ids } = options;
  if (ids.length === 1) return mergeOrSetAside(store, lease, options, ids[0]!);
  const middle = Math.ceil(ids.length / 2);
  const sum: ApartBatch = { ...NOTHING_MERGED, left: false, aside: [] };
  for (const half of [ids.slice(0, middle), ids.slice(middle)]) {
    const { left, aside, ...merged } = await mergeApart(store, lease, { ...options, ids: half });
    addMerged(sum, merged);
    sum.left ||= left;
    sum.aside.push(...aside);
  }
  return sum;
}

/** Tries once more, now that it is known which content fails: what has changed meanwhile stays in the merge. */
async function mergeOrSetAside(store: Store, lease: Lease, options: MergeOptions, id: string): Promise<ApartBatch> {
  const record = await store.records.findOne({ _id: id }, { projection: { hash: 1 } });
  try {
    return { ...(await mergeBatch(store, lease, options)), aside: [] };
  } catch (error) {
    if (error instanceof LeaseLost || !isDefect(error)) throw error;
    const isAside = record !== null && (await setAside(store, id, record.hash, options.run, error));
    return { ...NOTHING_MERGED, left: !isAside, aside: isAside ? [id] : [] };
  }
}
