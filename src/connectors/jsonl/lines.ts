import type { Bytes } from './bytes.js';
import { countLines, isBlank, markAt } from './blank.js';
import { parseLine } from './parse.js';

/** Consecutive lines of a file. */
export interface PageBatch {
  body: Buffer;
  /** How many bytes of the file it is about, and how many of them the next run need not read again. */
  length: number;
  done: number;
  /** How many lines end in it. */
  lines: number;
  rows: number;
  /** Full length of a line that is too long, of which `body` is only the beginning. */
  cut?: number;
}

export interface LineLimits {
  pageBytes: number;
  lineBytes: number;
}

/** So much of a line that is too long is kept, to recognise it by. */
const KEPT_OF_CUT = 64 * 1024;
const LF = 0x0a;

/** Memory for reading, lent to one file after the other. */
export class Scratch {
  readonly usual: Buffer;

  constructor(readonly limits: LineLimits) {
    // A line that is too long never fits in, so that it is never taken for one that is not.
    this.usual = Buffer.allocUnsafeSlow(Math.min(limits.pageBytes, limits.lineBytes + 1));
  }
}

/** Cuts what is read into stretches of whole lines, in constant memory. */
export class Lines {
  #buffer: Buffer;
  #end = 0;

  constructor(
    private readonly bytes: Pick<Bytes, 'read'>,
    private readonly scratch: Scratch,
  ) {
    this.#buffer = scratch.usual;
  }

  /** Whether anything is left. */
  async any(): Promise<boolean> {
    return this.#end > 0 || (await this.#fill(this.#buffer.length)) > 0;
  }

  /**
   * The next lines; `undefined` at the end. A last line that does not end yet is among them when it is whole; when it is
   * not, it is only left out if `wait`: it may be under way.
   */
  async next(wait: boolean): Promise<PageBatch | undefined> {
    for (;;) {
      const ended = await this.#fillUp();
      if (this.#end === 0) return undefined;
      const whole = this.#buffer.lastIndexOf(LF, this.#end - 1) + 1;
      if (ended && whole < this.#end) {
        const taken = isWhole(this.#buffer.subarray(whole, this.#end));
        if (taken || !wait) return this.#take(this.#end, taken ? this.#end : whole);
      }
      if (whole > 0) return this.#take(whole, whole);
      if (ended) return undefined;
      if (this.#buffer.length > this.scratch.limits.lineBytes) return this.#pass(wait);
      this.#grow();
    }
  }

  /** Reads until the buffer is full; `true` when there was nothing more to read. */
  async #fillUp(): Promise<boolean> {
    while (this.#end < this.#buffer.length) if ((await this.#fill(this.#buffer.length)) === 0) return true;
    return false;
  }

  async #fill(until: number): Promise<number> {
    const read = await this.bytes.read(this.#buffer.subarray(this.#end, until));
    this.#end += read;
    return read;
  }

  #take(length: number, done: number): PageBatch {
    const body = Buffer.allocUnsafeSlow(length);
    this.#buffer.copy(body, 0, 0, length);
    this.#keepFrom(length);
    return { body, length, done, ...countLines(body) };
  }

  /** Passes over a line that is too long. */
  async #pass(wait: boolean): Promise<PageBatch | undefined> {
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

  /** Drops what comes before `from`, and the memory that only a long line needed. */
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

/** Whether a last line without its end needs none. A number may have more digits to come. */
function isWhole(line: Buffer): boolean {
  const start = markAt(line, 0);
  if (isBlank(line, start, line.length)) return true;
  return parseLine(line, start, line.length).error === undefined && !isOpenEnded(line);
}

/** Whether a text ends with a digit, which another one may follow. */
export const isOpenEnded = (line: Buffer): boolean => {
  const last = line[line.length - 1]!;
  return last >= 0x30 && last <= 0x39;
};
