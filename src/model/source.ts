import type { EventObservation, LoginObservation } from './observations.js';
import type { HostObservation } from '../host/types.js';
import type { SettingsShape, SettingsOf } from './settings.js';

/** Plain JSON. A cursor means something only to the input that made it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Cursor = { [key: string]: Json };

/**
 * What one page leaves in doubt about its listing:
 *
 * - `full-page`: it is the first and the last one, and as full as a page can be
 * - `empty-page`: it is empty, and names a next one that is itself
 * - `rows-may-shift`: it was asked for by its place, so a row that went before it may have hidden one
 */
export type PageDoubt = 'full-page' | 'empty-page' | 'rows-may-shift';

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
  /** What this page leaves in doubt: kept with it, and weighed when the listing has ended. */
  doubts?: PageDoubt[];
  /** Declared values that were not found, as a message names them: in doubt when no page of the listing held them. */
  lacks?: string[];
  /** Things a user should hear about once a run (deprecation headers, a region that moved). */
  warnings?: string[];
  /** Where a later run goes on in one part (a file) of a listing that only grows; kept once the page's records are. */
  position?: Position;
}

/** How far a part of a listing that only grows has been read. */
export interface Position {
  /** Names the part within its source, as a file's path. */
  part: string;
  at: Cursor;
}

/** One raw record of a page, or the reason why it could not even be read, with what was read of it for the sake of its id. */
export type Row =
  | { index: number; offset: number; length: number; value: unknown; error?: undefined; partial?: undefined }
  | { index: number; offset: number; length: number; error: string; value?: undefined; partial?: unknown };

export interface FetchOptions {
  /** Aborts the request under way (cancellation, shutdown). */
  signal: AbortSignal;
  /** Asked before each new request: `false` lets requests under way finish and starts no further one. */
  more: () => boolean;
  /** At the end of what there is, wait for more instead of ending, as long as `more()` allows. */
  follow?: boolean;
  /** How far earlier runs have read each part of a listing that only grows. */
  positions?: () => Promise<ReadonlyMap<string, Cursor>>;
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
  /**
   * Of a queue: the page and its records are durable, its messages may be taken away. Only ever called by the process that
   * fetched the page, and only for pages of a generator that has not ended: it ends when all are acknowledged. Throws `Failure`.
   */
  acknowledge?(page: FetchedPage): Promise<void>;
  /** Of a queue: up to `most` messages as a page for a look; they are shown again at once. 0 receives none. Throws `Failure`. */
  peek?(most: number, signal: AbortSignal): Promise<FetchedPage>;
  /** Makes the first request and sends nothing, so that a mistake in the definition shows. Throws what the definition throws. */
  rehearse?(): void;
}

/** What the records of each dataset look like. */
export interface Observations {
  hosts: HostObservation;
  logins: LoginObservation;
  events: EventObservation;
}

export type DatasetName = keyof Observations;

/** A raw record, understood. */
export interface Mapped<Dataset extends DatasetName = 'hosts'> {
  /** The record's own id at its source. */
  id: string;
  observation: Observations[Dataset];
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
    // Whoever rejects a record says why; where in the code takes longer to find out than all else.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = limit;
  }
}

export interface SourceDefinition<Shape extends SettingsShape = SettingsShape, Dataset extends DatasetName = 'hosts'> {
  /** Equals the file's name. */
  name: string;
  /** Lower-case; agent ids and survivorship priorities are per vendor. */
  vendor: string;
  /** What kind of thing its records are. */
  dataset: Dataset;
  /** Where the vendor documents the API that this file speaks. */
  docs: string;
  /** What the user sets, each from one environment variable; resolved inside activities only. */
  settings: Shape;
  /** Five-field cron and an IANA time zone; the default is daily. */
  schedule?: { cron: string; timezone?: string };
  /** A source that completed less than this many milliseconds ago is not collected again unless forced. Default: one hour. */
  freshnessMs?: number;
  /**
   * - `full`: a complete listing names every record, so what is missing from it is gone
   * - `incremental`: it names what has changed
   * - `append`: what was read stays as it is; each run goes on where the last complete one ended
   * - `queue`: what was stored is taken away
   */
  listing: 'full' | 'incremental' | 'append' | 'queue';
  /** Raise when `map` changes its meaning: records then count as changed when they are normalized again. */
  mapping: number;
  input(settings: SettingsOf<Shape>): Input;
  map(raw: unknown): Mapped<Dataset>;
}

/** A source whose dataset is not known before it runs: its records are what its own dataset makes of them. */
// oxlint-disable-next-line no-explicit-any -- each dataset only ever meets its own sources, by their name
export type AnySource = SourceDefinition<SettingsShape, any>;

/** Declares a source; `src/sources/loading/registry.ts` finds it by its file. Checked there, so that a mistake is named at start. */
export function defineSource<Shape extends SettingsShape, Dataset extends DatasetName>(
  definition: SourceDefinition<Shape, Dataset>,
): SourceDefinition<Shape, Dataset> {
  return definition;
}
