/** The only field of a row that was erased. No vendor sends a record with this field alone. */
const MARK = 'rollcall-erased';

const LESS = 0x3c;
const SPACE = ' ';

/** Whether a row's value is a redaction marker. */
export function isErased(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [first, ...others] = Object.keys(value);
  return first === MARK && others.length === 0;
}

/**
 * Returns the bytes that replace an erased row. They have the same length, so that the offsets of other rows stay valid,
 * and the same syntax, so that the page can still be parsed. A row too short for the mark becomes spaces, and is rejected
 * when read again.
 */
export function redactionMarker(row: Buffer): Buffer {
  const text = row[0] === LESS ? xml(row) : padded('{', `"${MARK}":1`, '}', row.length);
  return Buffer.from(text, 'utf8');
}

/** Returns an element with the row's name that contains only the mark. */
function xml(row: Buffer): string {
  const name = /^<([^\s/>]+)/.exec(row.toString('utf8'))?.[1] ?? 'erased';
  return padded(`<${name}>`, `<${MARK}/>`, `</${name}>`, row.length);
}

function padded(begin: string, inner: string, end: string, length: number): string {
  const room = length - Buffer.byteLength(begin) - Buffer.byteLength(end);
  if (room < 0) return SPACE.repeat(length);
  return begin + (room < inner.length ? SPACE.repeat(room) : inner.padEnd(room)) + end;
}
