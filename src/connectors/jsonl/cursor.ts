import { createHash } from 'node:crypto';
import { Failure } from '../../model/failure.js';
import type { Cursor } from '../../model/source.js';

/** A position between two lines of a file. Bytes are counted after decompression. */
export type LineCursor = {
  /** The log's path within the folder. The path stays the same after a rotation; the content identifies the file. */
  file: string;
  offset: number;
  /** Number of lines that end before the position. */
  line: number;
  /** Lower-case hex SHA-256 of the file's first `headBytes` bytes. */
  head: string;
  headBytes: number;
  /** SHA-256 of the last `tailBytes` bytes before the position. */
  tail: string;
  tailBytes: number;
  /**
   * Size on disk of a compressed file that was read to its end. While the size is equal, the file has not grown and need
   * not be decompressed.
   */
  packed?: number;
  /** Device and inode of the file. They only select the file to try first; the content identifies the file. */
  inode?: string;
  /** Path of the file if it is not `file` itself: after a rotation, or the target of a link. */
  in?: string;
  /** The log's previous name in the folder. */
  was?: string;
  /** The file no longer exists, and the user has been warned. */
  gone?: true;
};

/**
 * Number of bytes at a file's beginning, and before a position, that distinguish the file from another file of the same
 * name.
 */
export const HEAD_BYTES = 4096;

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const NOTHING = sha256(Buffer.alloc(0));

/** The cursor at the beginning of a file. */
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

/** Checks a stored cursor. Throws `Failure('cursor-expired')`. */
export function lineCursor(cursor: Cursor): LineCursor {
  const { file, offset, line, head, headBytes, tail, tailBytes, packed } = cursor;
  const sound =
    [file, head, tail].every((text) => typeof text === 'string') &&
    [offset, line, headBytes, tailBytes].every(isCount) &&
    (tailBytes as number) <= (offset as number) &&
    (packed === undefined || isCount(packed));
  if (!sound) throw new Failure('cursor-expired', 'The stored position is not a position in a file of JSON lines');
  const { old: _kept, ...place } = cursor;
  return place as LineCursor;
}
