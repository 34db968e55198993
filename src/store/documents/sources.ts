import type { Cursor } from '../../model/source.js';

/** State of a source between runs. */
export interface SourceDoc {
  _id: string;
  vendor: string;
  /** When a run last read it; 1970 for never. */
  last_checked: Date;
  last_run?: string;
  /** The last run with a complete listing; `before` is the run with the complete listing before that. */
  last_complete?: { run: string; at: Date; records: number; before?: string };
  /** Set while its workflow waits at its cursor, because of a failure that a user has to fix. */
  parked?: Parked;
  /** The Temporal Schedule that was created for it. Rollcall does not change it afterwards; users may. */
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

/** How far a part (a file) of a growing source was read by the last listing whose records are all stored. */
export interface PositionDoc {
  /** `source/part` */
  _id: string;
  source: string;
  part: string;
  at: Cursor;
  run: string;
}
