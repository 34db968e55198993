import { constants } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../model/failure.js';
import { GzipBytes, PlainBytes, type Bytes } from './bytes.js';
import { HEAD_BYTES, sha256, type LineCursor } from './cursor.js';
import { signatureOf } from './signature.js';
import { fileFailure, isMissing } from './error-mapping.js';

/** Why a file does not match a cursor. `short`: the number of bytes that the file has. */
export type Mismatch = { short: number } | 'replaced';

/** An open file of lines. File-system errors become `Failure`s that name it. */
export class LogFile {
  /** The last bytes before the read position, `HEAD_BYTES` at most; empty after a line that is too long. */
  #last: Buffer = Buffer.alloc(0);

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle | undefined,
    private readonly bytes: Bytes,
    /** The file's first `HEAD_BYTES` bytes, fewer if it is shorter. */
    private head: Buffer,
    readonly size: number,
    /** Changes when the file changes. */
    readonly signature: string,
    /** Device and inode. */
    readonly inode: string,
    /** Target path, if the file is a symbolic link. */
    readonly target?: string,
  ) {}

  /** Opens a file; `undefined` if it does not exist. */
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

  /** An empty `LogFile` in place of a file that no longer exists. */
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

  /** Digest of the first bytes, as in a cursor. */
  digest(headBytes = this.head.length): string {
    return sha256(this.head.subarray(0, headBytes));
  }

  read(into: Buffer): Promise<number> {
    return this.#named(this.bytes.read(into));
  }

  /** Moves to the beginning. */
  async rewind(): Promise<void> {
    this.#last = Buffer.alloc(0);
    await this.#named(this.bytes.seek(0));
  }

  /**
   * Moves to `cursor` if this is the cursor's file or a copy of it; else returns the mismatch. Returns `end` for a
   * compressed file that was already read to its end.
   */
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

  /** The cursor `length` bytes after `from`, where `body` begins; `body` may contain only the first of these bytes. */
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

  /** Whether the file is unchanged since it was opened: not truncated before `end` and not rewritten. */
  async isIntact(from: number, end: number): Promise<boolean> {
    if (this.isPacked || !this.handle) return true;
    if ((await this.#named(this.handle.stat())).size < end) return false;
    if (!(await this.#named(upTo(new PlainBytes(this.handle), this.head.length))).equals(this.head)) return false;
    const before = new PlainBytes(this.handle);
    await this.#named(before.seek(from - this.#last.length));
    return (await this.#named(upTo(before, this.#last.length))).equals(this.#last);
  }

  /** Whether another file begins with the content of this one. */
  async isCopyOf(other: LogFile): Promise<boolean> {
    if (this.head.length === 0 || this.head.length > other.head.length) return false;
    if (!other.head.subarray(0, this.head.length).equals(this.head)) return false;
    if (this.head.length < HEAD_BYTES) return true;
    // Compressed files are not compared, because decompressing both takes long; rows that are read twice are recognised.
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

  /** Extends the head by bytes appended since the file was opened. */
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

/** Reads the next `length` bytes, or as many as there are. */
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
