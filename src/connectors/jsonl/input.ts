import { Failure } from '../../model/failure.js';
import type { Cursor, FetchOptions, FetchedPage, Input, Row } from '../../model/source.js';
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
  /** Approximate size of a page, which holds whole lines. */
  pageBytes?: number;
  /** Maximum length of a line; a longer line becomes an error row. */
  lineBytes?: number;
}

const MIB = 1024 * 1024;

/**
 * Creates an input that reads append-only files, one JSON text per line. It opens nothing yet: `rows` works without the files.
 * With `follow`, no page is the last one: its `next` is the current end of the log.
 */
export function jsonlInput({ source, path, pageBytes = MIB, lineBytes = 16 * MIB }: JsonlInputOptions): Input {
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
    rows({ body, mediaType }): Iterable<Row> {
      return lineRows(body, mediaType, lineBytes);
    },
  };
}
