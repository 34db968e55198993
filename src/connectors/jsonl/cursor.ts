import { createHash } from 'node:crypto';
import { Failure } from '../../failure.js';
import type { Cursor } from '../../sources/source.js';

/** A place between two lines of a file. Bytes are counted as they are after decompression. */
export type LineCursor = {
  /** The file's path within the folder; after a rotation the log keeps it, and `head` tells which file is meant. */
  file: string;
  offset: number;
  /** How many lines end before it. */
  line: number;
  /** Lower-case hex SHA-256 of the file's first `headBytes` bytes. */
  head: string;
  headBytes: number;
  /** Of a compressed file that was read to its end: its size on disk, so that it need not be decompressed to see that it has not grown. */
  packed?: number;
};

/** So much of a file tells it from another one of the same name. */
export const HEAD_BYTES = 4096;

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const NOTHING = sha256(Buffer.alloc(0));

/** The beginning of a file. */
export const beginning = (file: string): LineCursor => ({ file, offset: 0, line: 0, head: NOTHING, headBytes: 0 });

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** A stored cursor, checked. */
export function lineCursor(cursor: Cursor): LineCursor {
  const { file, offset, line, head, headBytes, packed } = cursor;
  const sound =
    typeof file === 'string' &&
    typeof head === 'string' &&
    [offset, line, headBytes].every(isCount) &&
    (packed === undefined || isCount(packed));
  if (!sound) throw new Failure('cursor-expired', 'The position is not one in a file of lines');
  return cursor as LineCursor;
}
