import type { EventObservation, LoginObservation } from './observations.js';
import type { HostObservation } from '../host/types.js';
import type { SettingsShape, SettingsOf } from './settings.js';

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** Position in a listing, as JSON. Only the input that created the cursor can interpret it. */
export type Cursor = { [key: string]: Json };

/**
 * Why a page does not prove that its listing is complete:
 *
 * - `full-page`: it is the only page, and it is full
 * - `empty-page`: it is empty, and its next page is itself
 * - `rows-may-shift`: it was requested by offset, so the deletion of an earlier row may have hidden another row
 */
export type PageDoubt = 'full-page' | 'empty-page' | 'rows-may-shift';

/** One response (or queue batch, or section of a file) exactly as received. */
export interface FetchedPage {
  /** Where this page begins: a request with this cursor returns this page again. */
  cursor: Cursor;
  /** Cursor of the next page; `null` when this is the last page. */
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
  /** Rows in the whole listing, if the vendor reports them. */
  total?: number;
  /** Doubts about completeness, stored with the page and evaluated when the listing has ended. */
  doubts?: PageDoubt[];
  /**
   * Declared values that this page does not contain, named as in messages. If no page of a listing contains one of them,
   * the listing is in doubt.
   */
  lacks?: string[];
  /** Warnings for the user, shown once per run (deprecation headers, a region that moved). */
  warnings?: string[];
  /**
   * Where a later run continues in one file of a growing listing. Stored when the page's records are stored.
   */
  position?: Position;
}

/** The read position in one part of a growing listing. */
export interface Position {
  /** Name of the part within its source, such as a file's path. */
  part: string;
  at: Cursor;
}

/**
 * One raw record of a page, or the reason why it could not be parsed, with the part that was parsed, which may contain its
 * id.
 */
export type Row =
  | { index: number; offset: number; length: number; value: unknown; error?: undefined; partial?: undefined }
  | { index: number; offset: number; length: number; error: string; value?: undefined; partial?: unknown };

export interface FetchOptions {
  /** Aborts the current request (cancellation, shutdown). */
  signal: AbortSignal;
  /** Called before each new request. After `false`, in-flight requests finish and no further one starts. */
  more: () => boolean;
  /** At the end of the listing, wait for more pages instead of ending, as long as `more()` returns `true`. */
  follow?: boolean;
  /** The read position of earlier runs in each part of a growing listing. */
  positions?: () => Promise<ReadonlyMap<string, Cursor>>;
}

/** The body of a page, as it was received and stored. */
export interface PageBody {
  body: Buffer;
  mediaType: string;
  status: number;
}

/**
 * Splits the body of a page of `source` into rows. Does no I/O and needs no settings, so stored pages can be read without the
 * vendor. An unreadable row does not affect others. Throws `Failure` for an unreadable envelope.
 */
export type Decode = (page: PageBody, source: string) => Iterable<Row>;

/** Fetches the pages of one source. */
export interface Input {
  /**
   * Yields pages in listing order from `from` (`null`: the beginning). Ends after a page whose `next` is `null`, or when `more()`
   * returns `false`. Throws `Failure`; pages already yielded stay valid, and the next
   * call continues from the `next` of the last page.
   */
  pages(from: Cursor | null, options: FetchOptions): AsyncIterable<FetchedPage>;
  /**
   * Only for queues: deletes the page's messages, because the page and its records are stored. Called only by the process
   * that fetched the page, before the generator of the page ends: the generator ends when all its pages are acknowledged.
   * Throws `Failure`.
   */
  acknowledge?(page: FetchedPage): Promise<void>;
  /** Only for queues: returns up to `most` messages and makes them visible again at once. 0 receives none. Throws `Failure`. */
  peek?(most: number, signal: AbortSignal): Promise<FetchedPage>;
  /**
   * Builds the first request without sending it, to find mistakes in the definition. Throws the errors of the definition.
   */
  rehearse?(): void;
}

/** The type of observation of each dataset. */
export interface Observations {
  hosts: HostObservation;
  logins: LoginObservation;
  events: EventObservation;
}

export type DatasetName = keyof Observations;

/** A raw record, normalized. */
export interface Mapped<Dataset extends DatasetName = 'hosts'> {
  /** The record's own id at its source. */
  id: string;
  observation: Observations[Dataset];
}

/** Thrown by `map` when a record cannot be normalized. Only this record goes to quarantine, with this reason. */
export class RecordRejected extends Error {
  override readonly name = 'RecordRejected';
  constructor(
    /** The same text for the same problem, without values: `id is missing`, `device_id is not a string`. */
    readonly reason: string,
    /** The record's own id, if it could be read. */
    readonly recordId?: string,
  ) {
    // No stack trace: the reason is enough, and capturing a trace takes longer than the rest of the mapping.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = limit;
  }
}

export interface SourceDefinition<Shape extends SettingsShape = SettingsShape, Dataset extends DatasetName = 'hosts'> {
  /** Equals the file's name. */
  name: string;
  /** Lower-case. Agent ids and survivorship priorities are per vendor. */
  vendor: string;
  /** The kind of its records. */
  dataset: Dataset;
  /** URL of the vendor's documentation of the API. */
  docs: string;
  /** Settings of the user, each from one environment variable. Resolved only inside activities. */
  settings: Shape;
  /** Five-field cron and an IANA time zone; the default is daily. */
  schedule?: { cron: string; timezone?: string };
  /** A source that completed less than this many milliseconds ago is not collected again unless forced. Default: one hour. */
  freshnessMs?: number;
  /**
   * - `full`: a complete listing contains every record, so a missing record is gone
   * - `incremental`: a listing contains the changed records
   * - `append`: rows never change; each run continues where the last complete one ended
   * - `queue`: messages are deleted once they are stored
   */
  listing: 'full' | 'incremental' | 'append' | 'queue';
  /**
   * Version of `map`. Raise it when `map` reads records differently. All records then count as changed when they are
   * normalized again.
   */
  mapping: number;
  input(settings: SettingsOf<Shape>): Input;
  decode: Decode;
  map(raw: unknown): Mapped<Dataset>;
}

/** Whether each run lists the source from its beginning. Rows of a growing file or a queue are received only once. */
export const isRelisted = ({ listing }: Pick<AnySource, 'listing'>): boolean =>
  listing === 'full' || listing === 'incremental';

/** A source of any dataset. */
// oxlint-disable-next-line no-explicit-any -- each dataset handles only its own sources, selected by name
export type AnySource = SourceDefinition<SettingsShape, any>;

/**
 * Declares a source. `src/sources/loading/registry.ts` finds the source by its file and checks it when the process starts.
 */
export function defineSource<Shape extends SettingsShape, Dataset extends DatasetName>(
  definition: SourceDefinition<Shape, Dataset>,
): SourceDefinition<Shape, Dataset> {
  return definition;
}
