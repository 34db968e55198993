import type { IndexDescription } from 'mongodb';
import type { HostObservation } from '../../host/types.js';

/** Why a record was set aside: merging it, or the records that hang together with it, failed. */
export interface SetAside {
  at: Date;
  /** The run, or the command, that merged. */
  run: string;
  /** The error's name and its place in the code, never its message: that may hold values. */
  error: string;
}

/** What one source says about one machine, as last understood. `_id` = `source:native id`. */
export interface RecordDoc {
  _id: string;
  source: string;
  vendor: string;
  observation: HostObservation;
  /** Identity keys `kind:scope:value`. */
  keys: string[];
  /** Digest of what tells which machine it is. */
  identity: string;
  /** Content hash without what only tells time, and the mapping that made it. */
  hash: string;
  /** The page (and row) that holds this content as received. */
  page: string;
  row: number;
  /** When that page was received, by MongoDB's clock: an older page never replaces a newer one's content. */
  observed_at: Date;
  run: string;
  created_run: string;
  created_page: string;
  /** Set when a complete listing of the source no longer held it. */
  gone_at?: Date;
  /** Not merged yet since it changed. */
  dirty?: true;
  /** What tells which machine it is has changed since: otherwise its host alone is concerned. */
  unresolved?: true;
  /** Keys that it held before, or that an erased record held with it, until the merge has seen that they are gone. */
  prior_keys?: string[];
  /** Merging it failed: it waits for another try. */
  set_aside?: SetAside;
}

export const recordIndexes: IndexDescription[] = [
  { key: { keys: 1 } },
  { key: { dirty: 1, _id: 1 }, partialFilterExpression: { dirty: true } },
  { key: { source: 1, gone_at: 1 }, partialFilterExpression: { gone_at: { $exists: true } } },
  { key: { 'set_aside.at': 1 }, partialFilterExpression: { 'set_aside.at': { $exists: true } } },
];
