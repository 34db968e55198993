import type { Dataset } from '../normalize/datasets/dataset.js';
import type { AnySource } from '../model/source.js';
import { type SourceAccount } from '../model/run.js';
import type { Timings } from '../model/timings.js';
import type { FailureNote } from '../model/failure.js';

export interface OpenInput {
  run: string;
  source: string;
  force: boolean;
  /** `true`: pages are fetched from the vendor. `false`: stored pages are read again. */
  fetch: boolean;
}

export type Opened =
  | {
      collect: true;
      startedAt: string;
      lastRun?: string;
      listing: AnySource['listing'];
      afterNormalizing: Dataset['afterNormalizing'];
      /** From the worker's configuration, which a workflow cannot read. */
      timings: Timings;
      /** Activities that share the listing's pages. */
      shares: number;
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
  /** Why the listing is not complete. */
  reason?: string;
  remedy?: string;
  /** Warnings for the user, such as a deprecation that the vendor announces. */
  warnings?: string[];
  /** Counts of records that the ledger does not contain, because its pages were replayed, or loaded in order. */
  counted?: { new: number; changed: number; unchanged: number; quarantined: number };
  /** Stored pages were read again. */
  replayed: boolean;
  /** The source was parked during the listing. Pages of different days do not prove that a record is gone. */
  resumed?: boolean;
  /** The kind of the failure, when the source parks and its workflow keeps the cursor. */
  parked?: FailureNote['kind'];
  /** Retire all missing records, even when they exceed the permitted share. */
  confirmShrink: boolean;
}
