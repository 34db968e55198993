/** How fields of a source's rows have changed since its last complete listing: names as the vendor spells them, sorted. */
export interface Drift {
  appeared: string[];
  vanished: string[];
}

/** How one source fared in one run. */
export interface SourceAccount {
  status: 'collecting' | 'complete' | 'partial' | 'failed' | 'fresh' | 'busy';
  /** Why it is not complete, and what to do: one sentence each. */
  reason?: string;
  remedy?: string;
  /** Things that did not stop it: a deprecation, a region that moved, a page size that is too large. */
  warnings?: string[];
  /** Pages of the ledger, answers that ended the listing included. */
  pages: number;
  /** Rows of those pages as their envelopes count them: all that is known of pages that were only fetched. */
  rows?: number;
  /** Distinct records read: new + changed + unchanged + quarantined. */
  records: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Records that a complete listing no longer held. */
  gone: number;
  /** Rows served more than once (pages that shifted while we read). */
  repeated: number;
  /** Records that would be gone, held back because the listing shrank too much at once. */
  held?: number;
  /** Who had what was held back retired after all. */
  confirmed?: { by: string; at: Date };
  /** Fields of its rows that are new, or that none has any more, since its last complete listing. */
  drift?: Drift;
  /** Its workflow waits with the cursor where it failed: the signal `resume`, or the next run, lets it go on. */
  parked?: true;
  /** The run whose ledger holds its pages, where that is another one: it was parked there. */
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

/** What a run came to, given its sources' accounts. Workflows use it, too: it imports nothing. */
export function runStatusOf(accounts: readonly SourceAccount[]): RunStatus {
  const bad = accounts.filter(({ status }) => status === 'failed' || status === 'partial');
  if (bad.length === 0) return 'completed';
  return accounts.every(({ status }) => status === 'failed') ? 'failed' : 'partial';
}
