/** What pruning has removed. */
export interface Pruned {
  /** Ledger entries that were removed, or would be. */
  pages: number;
  /** Bodies that no page points to any more: they are removed by a later call, an hour from now at the earliest. */
  unused: number;
  /** Bodies that were removed, unused since an earlier call. */
  bodies: number;
  /** What the removed bodies took, compressed. */
  bytes: number;
  /** Time was up before all was done. */
  more: boolean;
}
