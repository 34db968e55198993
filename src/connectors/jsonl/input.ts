import { Failure } from '../../model/failure.js';
import type { Cursor, Decode, FetchOptions, FetchedPage, Input } from '../../model/source.js';
import { lineCursor } from './cursor.js';
import { Scratch } from './lines.js';
import { lineRows } from './rows.js';
import { Paginator } from './paginator.js';

/** Options of files of JSON lines, as a source declares them. */
export interface JsonlInputOptions {
  /** The source's name, for errors. */
  source: string;
  /** A file, or a folder of `*.jsonl` and `*.ndjson` files; each plain or compressed with gzip. */
  path: string;
  /** Approximate size of a page in bytes. A page contains whole lines. */
  pageBytes?: number;
  /** Maximum length of a line; a longer line becomes an error row. The same as that of `jsonlRows`. */
  lineBytes?: number;
}

const MIB = 1024 * 1024;
const LINE_BYTES = 16 * MIB;

/**
 * Creates an input that fetches from append-only files, one JSON text per line; `jsonlRows` reads its pages. It opens no
 * file yet. With `follow`, no page is the last one: its `next` is the current end of the log.
 */
export function jsonlInput({ source, path, pageBytes = MIB, lineBytes = LINE_BYTES }: JsonlInputOptions): Input {
  return {
    async *pages(from: Cursor | null, options: FetchOptions): AsyncGenerator<FetchedPage> {
      try {
        const start = from && lineCursor(from);
        yield* new Paginator(path, start, options, new Scratch({ pageBytes, lineBytes })).pages();
      } catch (error) {
        if (error instanceof Failure) {
          error.details.source ??= source;
          error.details.at ??= path;
        }
        throw error;
      }
    },
  };
}

/** Reads the pages of files of JSON lines. */
export const jsonlRows =
  ({ lineBytes = LINE_BYTES }: Pick<JsonlInputOptions, 'lineBytes'> = {}): Decode =>
  ({ body, mediaType }) =>
    lineRows(body, mediaType, lineBytes);
