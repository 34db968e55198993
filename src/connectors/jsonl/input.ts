import { Failure } from '../../model/failure.js';
import type { Cursor, FetchOptions, FetchedPage, Input, Row } from '../../model/source.js';
import { lineCursor } from './cursor.js';
import { Scratch } from './lines.js';
import { lineRows } from './rows.js';
import { Walk } from './paginator.js';

/** Files of JSON lines as a source declares them. */
export interface JsonlInputOptions {
  /** The source's name, for errors. */
  source: string;
  /** A file, or a folder of `*.jsonl` and `*.ndjson` files; each plain or compressed with gzip. */
  path: string;
  /** A page is whole lines of about this size. */
  pageBytes?: number;
  /** A longer line becomes an error row, however long it is. */
  lineBytes?: number;
}

const MIB = 1024 * 1024;

/**
 * An input that reads files which only grow, one JSON text a line. Making one does nothing yet: `rows` works without the
 * files. With `follow`, no page is the last one: its `next` is where the log ends as yet.
 */
export function jsonlInput({ source, path, pageBytes = MIB, lineBytes = 16 * MIB }: JsonlInputOptions): Input {
  return {
    async *pages(from: Cursor | null, options: FetchOptions): AsyncGenerator<FetchedPage> {
      try {
        const start = from && lineCursor(from);
        yield* new Walk(path, start, options, new Scratch({ pageBytes, lineBytes })).pages();
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
