import type { Dataset } from '../normalize/datasets/dataset.js';
import type { AnySource } from '../model/source.js';
import { type SourceAccount } from '../model/run.js';
import type { Timings } from '../model/timings.js';
import type { FailureNote } from '../model/failure.js';

export interface OpenInput {
  run: string;
  source: string;
  force: boolean;
  /** The vendor will be asked; otherwise stored pages are read again. */
  fetch: boolean;
}

export type Opened =
  | {
      collect: true;
      startedAt: string;
      lastRun?: string;
      listing: AnySource['listing'];
      settle: Dataset['settle'];
      /** Of this worker's configuration: a workflow cannot read it. */
      timings: Timings;
    }
  | { collect: false; account: SourceAccount };

export interface CloseInput {
  run: string;
  source: string;
  startedAt: string;
  /** Fixed by the workflow, so that a repeated attempt marks and counts the same records. */
  closedAt: string;
  /** The whole listing was read. */
  complete: boolean;
  /** Why it was not. */
  reason?: string;
  remedy?: string;
  /** What the vendor wants a user to hear. */
  warnings?: string[];
  /** What the records came to, where the ledger does not tell: its pages were replayed, or put in order. */
  counted?: { new: number; changed: number; unchanged: number; quarantined: number };
  /** Stored pages were read again. */
  replayed: boolean;
  /** It was parked in between: pages of another day are no proof that something is gone. */
  resumed?: boolean;
  /** Its workflow stays with the cursor; the kind of the failure. */
  parked?: FailureNote['kind'];
  /** Retire what is missing however much it is. */
  confirmShrink: boolean;
}
