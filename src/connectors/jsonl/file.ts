import { constants } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../model/failure.js';
import { GzipBytes, PlainBytes, type Bytes } from './bytes.js';
import { HEAD_BYTES, sha256, type LineCursor } from './cursor.js';
import { signatureOf } from './signature.js';
import { fileFailure, isMissing } from './error-mapping.js';

/** Why a file is not the one that a cursor was made in. */
export type Mismatch = { short: number } | 'replaced';

/** An open file of lines. Errors of the file system come as failures that name it. */
export class LogFile {
  /** What comes before the place that reading goes on at, `HEAD_BYTES` of it at most; unknown after a line that is too long. */
  #last: Buffer = Buffer.alloc(0);

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle | undefined,
    private readonly bytes: Bytes,
    /** Its first bytes, `HEAD_BYTES` of them unless it is shorter. */
    private head: Buffer,
    readonly size: number,
    /** Changes when the file does. */
    readonly signature: string,
    /** Device and inode. */
    readonly inode: string,
    /** Where the link leads to that it is. */
    readonly target?: string,
  ) {}

  /** `undefined` when there is no such file. */
  static async open(folder: string, name: string): Promise<LogFile | undefined> {
    const path = resolve(folder, name);
    let handle: FileHandle | undefined;
    try {
      const target = (await lstat(path)).isSymbolicLink() ? await realpath(path) : undefined;
      // Opening a FIFO would wait for its writer.
      handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const stats = await handle.stat();
      if (stats.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      if (!stats.isFile()) {
        const remedy = 'Name a regular file, or a folder of them';
        throw new Failure('request-rejected', `${path} is not a regular file`, { at: path, remedy });
      }
      let bytes: Bytes = new PlainBytes(handle);
      let head = await upTo(bytes, HEAD_BYTES);
      if (head.subarray(0, GZIP.length).equals(GZIP)) {
        bytes = new GzipBytes(handle);
        head = await upTo(bytes, HEAD_BYTES);
      }
      if (UTF16.some((mark) => head.subarray(0, 2).equals(mark))) {
        const remedy = 'Write the file as UTF-8';
        throw new Failure('response-mismatch', `${path} is UTF-16, not UTF-8`, { at: path, remedy });
      }
      const inode = `${stats.dev}:${stats.ino}`;
      return new LogFile(path, handle, bytes, head, stats.size, signatureOf(stats), inode, target);
    } catch (error) {
      await handle?.close();
      if (isMissing(error)) return undefined;
      throw fileFailure(error, path);
    }
  }

  /** In the place of a file that is gone: nothing is in it. */
  static none(folder: string, name: string): LogFile {
    const nothing: Bytes = { read: async () => 0, seek: async () => 0, close: () => {} };
    return new LogFile(resolve(folder, name), undefined, nothing, Buffer.alloc(0), 0, 'missing', '');
  }

  get packed(): number | undefined {
    return this.bytes.packed;
  }

  get isPacked(): boolean {
    return this.packed !== undefined;
  }

  get headBytes(): number {
    return this.head.length;
  }

  /** Of its first bytes, as in a cursor. */
  digest(headBytes = this.head.length): string {
    return sha256(this.head.subarray(0, headBytes));
  }

  read(into: Buffer): Promise<number> {
    return this.#named(this.bytes.read(into));
  }

  /** Goes to the beginning. */
  async rewind(): Promise<void> {
    this.#last = Buffer.alloc(0);
    await this.#named(this.bytes.seek(0));
  }

  /** Goes to `cursor` if this is the file that it was made in, or a copy of it; else says why it is not. */
  async goTo(cursor: LineCursor): Promise<Mismatch | 'end' | undefined> {
    const { offset, head, headBytes, tail, tailBytes, packed, inode } = cursor;
    if (this.head.length < headBytes) return { short: this.head.length };
    if (this.digest(headBytes) !== head)
      return !this.isPacked && this.size < offset ? { short: this.size } : 'replaced';
    if (this.isPacked && packed === this.size && inode === this.inode) return 'end';
    const reached = await this.#named(this.bytes.seek(offset - tailBytes));
    const last = reached < offset - tailBytes ? Buffer.alloc(0) : await this.#named(upTo(this.bytes, tailBytes));
    if (reached + last.length < offset) return { short: reached + last.length };
    if (sha256(last) !== tail) return 'replaced';
    this.#last = last;
    return undefined;
  }

  /** The place `length` bytes after `from`, which `body` begins at; `body` may be only the beginning of them. */
  after(from: LineCursor, body: Buffer, length: number, lines: number): LineCursor {
    if (this.head.length < HEAD_BYTES && from.offset <= this.head.length) this.#growHead(from.offset, body);
    const offset = from.offset + length;
    const headBytes = Math.min(offset, this.head.length);
    const head = from.headBytes === headBytes ? from.head : this.digest(headBytes);
    if (length > body.length) this.#last = Buffer.alloc(0);
    else if (length > 0) {
      const read = Buffer.concat([this.#last, body.subarray(Math.max(0, length - HEAD_BYTES), length)]);
      this.#last = read.subarray(Math.max(0, read.length - HEAD_BYTES));
    }
    const at = { head, headBytes, tail: sha256(this.#last), tailBytes: this.#last.length };
    const found = this.target ?? from.in;
    const { file, was, line } = from;
    const names = { ...(found && { in: found }), ...(was !== undefined && { was }) };
    return { file, offset, line: line + lines, ...at, inode: this.inode, ...names };
  }

  /** Whether it still is what it was when it was opened: nobody has cut it before `end` or written it anew. */
  async isIntact(from: number, end: number): Promise<boolean> {
    if (this.isPacked || !this.handle) return true;
    if ((await this.#named(this.handle.stat())).size < end) return false;
    if (!(await this.#named(upTo(new PlainBytes(this.handle), this.head.length))).equals(this.head)) return false;
    const before = new PlainBytes(this.handle);
    await this.#named(before.seek(from - this.#last.length));
    return (await this.#named(upTo(before, this.#last.length))).equals(this.#last);
  }

  /** Whether another file is as this one begins. */
  async isCopyOf(other: LogFile): Promise<boolean> {
    if (this.head.length === 0 || this.head.length > other.head.length) return false;
    if (!other.head.subarray(0, this.head.length).equals(this.head)) return false;
    if (this.head.length < HEAD_BYTES) return true;
    // Decompressing both only to compare them would take long: what is read twice is recognised.
    if (!this.handle || !other.handle || this.isPacked || other.isPacked) return false;
    if (other.size < this.size) return false;
    const [own, theirs] = await Promise.all(
      [this.handle, other.handle].map(async (handle) => {
        const bytes = new PlainBytes(handle);
        await this.#named(bytes.seek(this.size - HEAD_BYTES));
        return this.#named(upTo(bytes, HEAD_BYTES));
      }),
    );
    return own!.equals(theirs!);
  }

  async close(): Promise<void> {
    this.bytes.close();
    await this.handle?.close();
  }

  /** Adds what was not there yet when the file was opened. */
  #growHead(offset: number, body: Buffer): void {
    const grown = Buffer.concat([this.head.subarray(0, offset), body.subarray(0, HEAD_BYTES)]);
    if (grown.length > this.head.length) this.head = grown.subarray(0, HEAD_BYTES);
  }

  async #named<Result>(result: Promise<Result>): Promise<Result> {
    try {
      return await result;
    } catch (error) {
      throw fileFailure(error, this.path);
    }
  }
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const UTF16 = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** The next `length` bytes, or as many as there are. */
async function upTo(bytes: Pick<Bytes, 'read'>, length: number): Promise<Buffer> {
  const into = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const read = await bytes.read(into.subarray(filled));
    if (read === 0) break;
    filled += read;
  }
  return into.subarray(0, filled);
}
