/** What is left of a row that was erased. No vendor's record is this and nothing else. */
const MARK = 'rollcall-erased';

const LESS = 0x3c;
const SPACE = ' ';

/** Whether a row's value is all that is left of one. */
export function isErased(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const [first, ...others] = Object.keys(value);
  return first === MARK && others.length === 0;
}

/**
 * What takes the place of a row: as long, so that its neighbours stay where they are, and of the same syntax, so that the page
 * can still be read. One that is too short for the mark is left empty, and is rejected when it is read again.
 */
export function redactionMarker(row: Buffer): Buffer {
  const text = row[0] === LESS ? xml(row) : padded('{', `"${MARK}":1`, '}', row.length);
  return Buffer.from(text, 'utf8');
}

/** An element of the same name. */
function xml(row: Buffer): string {
  const name = /^<([^\s/>]+)/.exec(row.toString('utf8'))?.[1] ?? 'erased';
  return padded(`<${name}>`, `<${MARK}/>`, `</${name}>`, row.length);
}

function padded(begin: string, inner: string, end: string, length: number): string {
  const room = length - Buffer.byteLength(begin) - Buffer.byteLength(end);
  if (room < 0) return SPACE.repeat(length);
  return begin + (room < inner.length ? SPACE.repeat(room) : inner.padEnd(room)) + end;
}
