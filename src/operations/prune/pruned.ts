/** Result of pruning. */
export interface Pruned {
  /** Ledger entries that were removed, or would be in a dry run. */
  pages: number;
  /** Bodies without a page. A later call removes them, after an hour at the earliest. */
  unused: number;
  /** Bodies that an earlier call marked and this call removed. */
  bodies: number;
  /** Compressed size of the removed bodies. */
  bytes: number;
  /** The time budget was used before all was done. */
  more: boolean;
}
