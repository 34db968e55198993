import type { Bytes } from './bytes.js';
import { countLines, isBlank, markAt } from './blank.js';
import { parseLine } from './parse.js';

/** Consecutive lines of a file. */
export interface LineBatch {
  body: Buffer;
  /**
   * `length`: number of bytes of the file that the batch covers. `done`: number of these bytes that the next run need not
   * read again.
   */
  length: number;
  done: number;
  /** Number of lines that end in the batch. */
  lines: number;
  rows: number;
  /** Full length of a line that is too long; `body` contains only its beginning. */
  cut?: number;
}

export interface LineLimits {
  pageBytes: number;
  lineBytes: number;
}

/** Number of bytes kept of a line that is too long, to identify the line. */
const KEPT_OF_CUT = 64 * 1024;
const LF = 0x0a;

/** Read buffer, shared by the files because they are read one after the other. */
export class Scratch {
  readonly usual: Buffer;

  constructor(readonly limits: LineLimits) {
    // One byte longer than a line may be, so that a full buffer without a line end means a line that is too long.
    this.usual = Buffer.allocUnsafeSlow(Math.min(limits.pageBytes, limits.lineBytes + 1));
  }
}

/** Splits a file into batches of whole lines, in constant memory. */
export class Lines {
  #buffer: Buffer;
  #end = 0;

  constructor(
    private readonly bytes: Pick<Bytes, 'read'>,
    private readonly scratch: Scratch,
  ) {
    this.#buffer = scratch.usual;
  }

  /** Whether any bytes are left. */
  async any(): Promise<boolean> {
    return this.#end > 0 || (await this.#fill(this.#buffer.length)) > 0;
  }

  /**
   * The next lines; `undefined` at the end. Includes a last line without a line end if it is complete. If it is incomplete, it
   * is omitted only with `wait`, because its writer may still be writing it.
   */
  async next(wait: boolean): Promise<LineBatch | undefined> {
    for (;;) {
      const ended = await this.#fillUp();
      if (this.#end === 0) return undefined;
      const whole = this.#buffer.lastIndexOf(LF, this.#end - 1) + 1;
      if (ended && whole < this.#end) {
        const complete = isWhole(this.#buffer.subarray(whole, this.#end));
        if (complete || !wait) return this.#take(this.#end, complete ? this.#end : whole);
      }
      if (whole > 0) return this.#take(whole, whole);
      if (ended) return undefined;
      if (this.#buffer.length > this.scratch.limits.lineBytes) return this.#skipLongLine(wait);
      this.#grow();
    }
  }

  /** Reads until the buffer is full; `true` at the end of the file. */
  async #fillUp(): Promise<boolean> {
    while (this.#end < this.#buffer.length) if ((await this.#fill(this.#buffer.length)) === 0) return true;
    return false;
  }

  async #fill(until: number): Promise<number> {
    const read = await this.bytes.read(this.#buffer.subarray(this.#end, until));
    this.#end += read;
    return read;
  }

  #take(length: number, done: number): LineBatch {
    const body = Buffer.allocUnsafeSlow(length);
    this.#buffer.copy(body, 0, 0, length);
    this.#keepFrom(length);
    return { body, length, done, ...countLines(body) };
  }

  /** Skips a line that is too long, and returns its beginning. */
  async #skipLongLine(wait: boolean): Promise<LineBatch | undefined> {
    const body = Buffer.from(this.#buffer.subarray(0, KEPT_OF_CUT));
    let length = this.#end;
    for (;;) {
      this.#end = 0;
      if ((await this.#fill(this.scratch.usual.length)) === 0) {
        return wait ? undefined : { body, length, done: 0, lines: 0, rows: 1, cut: length };
      }
      const found = this.#buffer.subarray(0, this.#end).indexOf(LF);
      length += found < 0 ? this.#end : found + 1;
      if (found < 0) continue;
      this.#keepFrom(found + 1);
      return { body, length, done: length, lines: 1, rows: 1, cut: length - 1 };
    }
  }

  /** Drops the bytes before `from`, and returns to the shared buffer after a long line. */
  #keepFrom(from: number): void {
    const kept = this.#end - from;
    const into = kept <= this.scratch.usual.length ? this.scratch.usual : this.#buffer;
    this.#buffer.copy(into, 0, from, this.#end);
    this.#buffer = into;
    this.#end = kept;
  }

  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(Math.min(2 * this.#buffer.length, this.scratch.limits.lineBytes + 1));
    this.#buffer.copy(grown, 0, 0, this.#end);
    this.#buffer = grown;
  }
}

/**
 * Whether a last line without a line end is complete. A line that ends with a digit counts as incomplete, because more
 * digits may follow.
 */
function isWhole(line: Buffer): boolean {
  const start = markAt(line, 0);
  if (isBlank(line, start, line.length)) return true;
  return parseLine(line, start, line.length).error === undefined && !isOpenEnded(line);
}

/** Whether a line ends with a digit, which another digit may follow. */
export const isOpenEnded = (line: Buffer): boolean => {
  const last = line[line.length - 1]!;
  return last >= 0x30 && last <= 0x39;
};
