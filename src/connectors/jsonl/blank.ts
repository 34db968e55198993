const LF = 0x0a;
const SPACE = 0x20;

/** Length of the byte-order mark at `start`, or 0. Some writers put a mark before their first line. */
export const markAt = (body: Buffer, start: number): number =>
  body[start] === 0xef && body[start + 1] === 0xbb && body[start + 2] === 0xbf ? 3 : 0;

/** Whether the bytes from `start` to `end` are only JSON white space. */
export function isBlank(body: Buffer, start: number, end: number): boolean {
  let at = start;
  while (at < end && (body[at] === SPACE || body[at] === 0x0d || body[at] === 0x09)) at++;
  return at === end;
}

/**
 * `lines`: the number of line ends in `body`. `rows`: the number of lines that are not blank, including a last line without
 * a line end.
 */
export function countLines(body: Buffer): { lines: number; rows: number } {
  let lines = 0;
  let rows = 0;
  for (let start = 0; start < body.length;) {
    const found = body.indexOf(LF, start);
    const end = found < 0 ? body.length : found;
    // Nearly every line begins with `{`, so this comparison avoids most calls of `isBlank`.
    if (body[start] === 0x7b || !isBlank(body, start + markAt(body, start), end)) rows += 1;
    if (found >= 0) lines += 1;
    start = end + 1;
  }
  return { lines, rows };
}
