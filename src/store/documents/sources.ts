import type { Cursor } from '../../model/source.js';

/** What is remembered of a source between runs. */
export interface SourceDoc {
  _id: string;
  vendor: string;
  /** When a run last asked it; 1970 for never. */
  last_checked: Date;
  last_run?: string;
  /** The last run that saw its whole listing, and the one before it. */
  last_complete?: { run: string; at: Date; records: number; before?: string };
  /** Its workflow waits with its cursor since a failure that only somebody can mend. */
  parked?: Parked;
  /** The Temporal Schedule that it was given once: what people make of that one is theirs. */
  scheduled?: string;
}

export interface Parked {
  run: string;
  at: Date;
  /** A `FailureKind`. */
  kind: string;
  reason: string;
  remedy?: string;
}

/** How far a part (a file) of a source that only grows was read, by the last listing whose records are all stored. */
export interface PositionDoc {
  /** `source/part` */
  _id: string;
  source: string;
  part: string;
  at: Cursor;
  run: string;
}
