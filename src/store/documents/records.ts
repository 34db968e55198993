import type { VOLATILE_DEVICE_FIELDS } from '../../host/types.js';

/** Why a record was set aside: merging its component failed. */
export interface SetAside {
  at: Date;
  /** The run or command that merged. */
  run: string;
  /** The error's name and location in the code, without its message, which may contain values. */
  error: string;
}

/** Times that change at every check-in. They are not part of the content hash. */
export type Times = Partial<Record<(typeof VOLATILE_DEVICE_FIELDS)[number], Date>>;

/** One source's data about one machine, as last normalized. `_id` = `source:native id`. */
export interface RecordDoc {
  _id: string;
  source: string;
  vendor: string;
  /** JSON text of the `HostObservation`, see `stored-observation.ts`. */
  observation: string;
  /** The times of its device that change at every check-in. They are not in the text. */
  times: Times;
  /** Identity keys `kind:scope:value`. */
  keys: string[];
  /** Digest of the values that identity resolution uses. */
  identity: string;
  /** Number of the mapping, and hash of the content without times of check-ins. */
  hash: string;
  /** Page and row of this content as received. */
  page: string;
  row: number;
  /** When that page was received, by MongoDB's clock. An older page never replaces the content of a newer one. */
  observed_at: Date;
  run: string;
  created_run: string;
  created_page: string;
  /** Set when it was missing from a complete listing of the source. */
  gone_at?: Date;
  /** It has changed and was not merged yet. */
  dirty?: true;
  /** Values that identity resolution uses have changed. Without this mark, a change affects only the record's own host. */
  unresolved?: true;
  /** Keys that the record had before, or that it shared with an erased record. Kept until the next merge. */
  prior_keys?: string[];
  /** Merging it failed; it is not merged until it changes or a user retries it. */
  set_aside?: SetAside;
}
