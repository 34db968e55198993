export interface Merged {
  /** Changed records that were merged. */
  records: number;
  /** All records that were resolved for the merge, including the changed ones. */
  resolved: number;
  /** New hosts. */
  created: number;
  /** Hosts whose fields or id changed. */
  changed: number;
  /** Hosts whose records are in other hosts now. */
  removed: number;
}

export const NOTHING_MERGED: Readonly<Merged> = { records: 0, resolved: 0, created: 0, changed: 0, removed: 0 };

/** Adds one batch's counts to a sum. */
export function addMerged(sum: Merged, batch: Merged): void {
  for (const count of ['records', 'resolved', 'created', 'changed', 'removed'] as const) sum[count] += batch[count];
}
