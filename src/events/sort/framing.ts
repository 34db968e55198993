import type { EventId } from '../../model/event-order.js';
import type { Entry } from './entry.js';

/**
 * Format of an entry in a spill file: header of fixed size, id, text. This format is faster than lines of text, and it does
 * not limit the text.
 */
export const HEADER_BYTES = 29;

const NUMBER = 0;
const BIGINT = 1;
const TEXT = 2;

/** An entry whose text has not been read yet. */
export interface Framed extends Omit<Entry, 'text'> {
  textBytes: number;
}

/** Upper bound of an entry's size in bytes. */
export const mostBytes = ({ id, text }: Entry): number =>
  HEADER_BYTES +
  (typeof id === 'string' ? 2 * id.length : typeof id === 'number' ? 8 : String(id).length) +
  3 * text.length;

/** Writes an entry at `at`, and returns the offset at which the entry ends. The buffer must be large enough. */
export function writeEntry(into: Buffer, at: number, { id, page, row, offset, length, text }: Entry): number {
  const idAt = at + HEADER_BYTES;
  let kind = NUMBER;
  let textAt = idAt + 8;
  if (typeof id === 'number') into.writeDoubleLE(id, idAt);
  else if (typeof id === 'bigint') {
    kind = BIGINT;
    textAt = idAt + into.write(String(id), idAt, 'latin1');
  } else {
    // UTF-16, because an id may have lone surrogates, which UTF-8 cannot represent.
    kind = TEXT;
    textAt = idAt + into.write(id, idAt, 'utf16le');
  }
  const textBytes = into.write(text, textAt, 'utf8');
  into[at] = kind;
  into.writeUInt32LE(textAt - idAt, at + 1);
  into.writeUInt32LE(textBytes, at + 5);
  into.writeDoubleLE(page, at + 9);
  into.writeUInt32LE(row, at + 17);
  into.writeUInt32LE(offset, at + 21);
  into.writeUInt32LE(length, at + 25);
  return textAt + textBytes;
}

/** Length of the id of the entry whose header is at `at`, in bytes. */
export const idBytes = (from: Buffer, at: number): number => from.readUInt32LE(at + 1);

/** Reads an entry's header and id, which must both be in the buffer. */
export function readEntry(from: Buffer, at: number): Framed {
  const idAt = at + HEADER_BYTES;
  return {
    id: readId(from, idAt, from[at]!, idAt + idBytes(from, at)),
    page: from.readDoubleLE(at + 9),
    row: from.readUInt32LE(at + 17),
    offset: from.readUInt32LE(at + 21),
    length: from.readUInt32LE(at + 25),
    textBytes: from.readUInt32LE(at + 5),
  };
}

function readId(from: Buffer, at: number, kind: number, end: number): EventId {
  if (kind === NUMBER) return from.readDoubleLE(at);
  return kind === BIGINT ? BigInt(from.toString('latin1', at, end)) : from.toString('utf16le', at, end);
}
