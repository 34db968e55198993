import { createHash } from 'node:crypto';
import { Failure } from '../../model/failure.js';
import type { Cursor } from '../../model/source.js';

/** A place between two lines of a file. Bytes are counted as they are after decompression. */
export type LineCursor = {
  /** The log's path within the folder; after a rotation the log keeps it, and its content tells which file is meant. */
  file: string;
  offset: number;
  /** How many lines end before it. */
  line: number;
  /** Lower-case hex SHA-256 of the file's first `headBytes` bytes. */
  head: string;
  headBytes: number;
  /** The same of the last `tailBytes` bytes before the place. */
  tail: string;
  tailBytes: number;
  /** Of a compressed file that was read to its end: its size on disk, so that it need not be decompressed to see that it has not grown. */
  packed?: number;
  /** Device and inode of the file. They only say where to look first: content decides. */
  inode?: string;
  /** Where the file was found when it is not `file` itself: after a rotation, or where a link leads to. */
  in?: string;
  /** The log of the folder that the file was before. */
  was?: string;
  /** It was told that the file is gone. */
  gone?: true;
};

/** So much of a file's beginning, and of what comes before a place in it, tells it from another one of the same name. */
export const HEAD_BYTES = 4096;

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const NOTHING = sha256(Buffer.alloc(0));

/** The beginning of a file. */
export const beginning = (file: string): LineCursor => ({
  file,
  offset: 0,
  line: 0,
  head: NOTHING,
  headBytes: 0,
  tail: NOTHING,
  tailBytes: 0,
});

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** A stored cursor, checked. Throws `Failure('cursor-expired')`. */
export function lineCursor(cursor: Cursor): LineCursor {
  const { file, offset, line, head, headBytes, tail, tailBytes, packed } = cursor;
  const sound =
    [file, head, tail].every((text) => typeof text === 'string') &&
    [offset, line, headBytes, tailBytes].every(isCount) &&
    (tailBytes as number) <= (offset as number) &&
    (packed === undefined || isCount(packed));
  if (!sound) throw new Failure('cursor-expired', 'The position is not one in a file of lines');
  const { old: _kept, ...place } = cursor;
  return place as LineCursor;
}
