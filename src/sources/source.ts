import type { HostObservation } from '../host/types.js';
import type { SettingsShape, SettingsOf } from './settings.js';

/** Plain JSON. A cursor means something only to the input that made it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Cursor = { [key: string]: Json };

/** One response (or queue batch, or stretch of a file) exactly as received. */
export interface FetchedPage {
  /** Where this page begins: asking again with it yields this page again. */
  cursor: Cursor;
  /** Where to go on; `null` when the listing ended with this page. */
  next: Cursor | null;
  body: Buffer;
  mediaType: string;
  /** Lower-case hex SHA-256 of `body`. */
  digest: string;
  /** HTTP status, or 200 for inputs that have none. */
  status: number;
  fetchedAt: Date;
  /** Rows in the page as its envelope counts them, without building the rows. */
  rows: number;
  /** Size of the whole listing, where the vendor tells it. */
  total?: number;
  /** Things a user should hear about once a run (deprecation headers, a region that moved). */
  warnings?: string[];
}

/** One raw record of a page, or the reason why it could not even be read. */
export type Row =
  | { index: number; offset: number; length: number; value: unknown; error?: undefined }
  | { index: number; offset: number; length: number; error: string; value?: undefined };

export interface FetchOptions {
  /** Aborts the request under way (cancellation, shutdown). */
  signal: AbortSignal;
  /** Asked before each new request: `false` lets requests under way finish and starts no further one. */
  more: () => boolean;
}

/** How an input is spoken to. Reading pages does I/O; splitting a stored page into rows does not. */
export interface Input {
  /**
   * Pages in listing order from `from` (`null`: the beginning). Ends after a page whose `next` is `null`, or when `more()`
   * said no. Throws `Failure`; pages already yielded stay good, and the next call goes on from the last one's `next`.
   */
  pages(from: Cursor | null, options: FetchOptions): AsyncIterable<FetchedPage>;
  /** Splits a stored body into rows: one unreadable row is that row's error, never its neighbours'. Throws `Failure` when the envelope itself cannot be read. */
  rows(page: { body: Buffer; mediaType: string; status: number }): Iterable<Row>;
}

/** A raw record, understood. */
export interface Mapped {
  /** The vendor's own id of the record. */
  id: string;
  observation: HostObservation;
}

/** Thrown by `map` when a record cannot be understood: it goes to quarantine with this reason, its neighbours go on. */
export class RecordRejected extends Error {
  override readonly name = 'RecordRejected';
  constructor(
    /** Stable and groupable: no values in it, `id is missing`, `device_id is not a string`. */
    readonly reason: string,
    /** The record's own id, when at least that could be read. */
    readonly recordId?: string,
  ) {
    super(reason);
  }
}

export interface SourceDefinition<Shape extends SettingsShape = SettingsShape> {
  /** Equals the file's name. */
  name: string;
  /** Lower-case; agent ids and survivorship priorities are per vendor. */
  vendor: string;
  dataset: 'hosts';
  /** Where the vendor documents the API that this file speaks. */
  docs: string;
  /** What the user sets, each from one environment variable; resolved inside activities only. */
  settings: Shape;
  /** Five-field cron and an IANA time zone; the default is daily. */
  schedule?: { cron: string; timezone?: string };
  /** A source that completed less than this many milliseconds ago is not collected again unless forced. Default: one hour. */
  freshnessMs?: number;
  /** `full`: a complete listing names every record, so what is missing from it is gone. */
  listing: 'full' | 'incremental';
  /** Raise when `map` changes its meaning: records then count as changed when they are normalized again. */
  mapping: number;
  input(settings: SettingsOf<Shape>): Input;
  map(raw: unknown): Mapped;
}

/** Declares a source; `src/sources/index.ts` finds it by its file. Checked there, so that a mistake is named at start. */
export function defineSource<Shape extends SettingsShape>(
  definition: SourceDefinition<Shape>,
): SourceDefinition<Shape> {
  return definition;
}
