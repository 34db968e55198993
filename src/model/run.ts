/** Schema drift since the last complete listing: sorted field names, in the vendor's spelling. */
export interface Drift {
  appeared: string[];
  vanished: string[];
}

/** The outcome of one source in one run: status, reason and counts. */
export interface SourceAccount {
  status: 'collecting' | 'complete' | 'partial' | 'failed' | 'fresh' | 'busy';
  /** Why the source is not complete, one sentence. */
  reason?: string;
  /** What the user can do, one sentence. */
  remedy?: string;
  /** Problems that did not stop the listing: a deprecation, a region that moved, a page size that is too large. */
  warnings?: string[];
  /** Pages in the ledger, including responses that only ended the listing. */
  pages: number;
  /** Rows of these pages as their envelopes count them. For pages that were not normalized, this is the only count. */
  rows?: number;
  /** Distinct records read: new + changed + unchanged + quarantined. */
  records: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Records that were retired because complete listings no longer contain them. */
  gone: number;
  /** Rows that the vendor sent more than once, because pages shifted while Rollcall read. */
  repeated: number;
  /** Missing records that were not retired, for example because the listing shrank too much at once. */
  unconfirmed?: number;
  /** Which user confirmed that the `unconfirmed` records are retired, and when. */
  confirmed?: { by: string; at: Date };
  /** Fields that appeared or vanished since its last complete listing. */
  drift?: Drift;
  /**
   * The source's workflow keeps the cursor at which the source failed, and waits for the signal `resume` or the next run.
   */
  parked?: true;
  /** The run whose ledger contains the pages, if the source parked in an earlier run. */
  listing?: string;
  started_at: Date;
  ended_at?: Date;
}

export type RunStatus = 'running' | 'completed' | 'partial' | 'failed' | 'cancelled';

export const NO_COUNTS = {
  pages: 0,
  records: 0,
  new: 0,
  changed: 0,
  unchanged: 0,
  quarantined: 0,
  gone: 0,
  repeated: 0,
} as const;

/** The status of a run from its sources' accounts. This file imports nothing, because workflows use it. */
export function runStatusOf(accounts: readonly SourceAccount[]): RunStatus {
  const bad = accounts.filter(({ status }) => status === 'failed' || status === 'partial');
  if (bad.length === 0) return 'completed';
  return accounts.every(({ status }) => status === 'failed') ? 'failed' : 'partial';
}
