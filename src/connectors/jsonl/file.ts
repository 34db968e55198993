import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure.js';
import { GzipBytes, PlainBytes, type Bytes } from './bytes.js';
import { HEAD_BYTES, sha256, type LineCursor } from './cursor.js';
import { signatureOf } from './signature.js';
import { fileFailure, isMissing } from './troubles.js';

/** Why a file is not the one that a cursor was made in. */
export type Mismatch = { short: number } | 'replaced';

/** An open file of lines. Errors of the file system come as failures that name it. */
export class LogFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    private readonly bytes: Bytes,
    /** Its first bytes, `HEAD_BYTES` of them unless it is shorter. */
    private head: Buffer,
    readonly size: number,
    /** Changes when the file does. */
    readonly signature: string,
  ) {}

  /** `undefined` when there is no such file. */
  static async open(folder: string, name: string): Promise<LogFile | undefined> {
    const path = join(folder, name);
    let handle: FileHandle | undefined;
    try {
      // Opening a FIFO would wait for its writer.
      handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      const stats = await handle.stat();
      if (stats.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      if (!stats.isFile()) {
        const remedy = 'Name a regular file, or a folder of them';
        throw new Failure('request-rejected', `${path} is not a regular file`, { at: path, remedy });
      }
      let bytes: Bytes = new PlainBytes(handle);
      let head = await headOf(bytes, HEAD_BYTES);
      if (head.subarray(0, GZIP.length).equals(GZIP)) {
        bytes = new GzipBytes(handle);
        head = await headOf(bytes, HEAD_BYTES);
      }
      if (UTF16.some((mark) => head.subarray(0, 2).equals(mark))) {
        const remedy = 'Write the file as UTF-8';
        throw new Failure('response-mismatch', `${path} is UTF-16, not UTF-8`, { at: path, remedy });
      }
      return new LogFile(path, handle, bytes, head, stats.size, signatureOf(stats));
    } catch (error) {
      await handle?.close();
      if (isMissing(error)) return undefined;
      throw fileFailure(error, path);
    }
  }

  get packed(): number | undefined {
    return this.bytes.packed;
  }

  read(into: Buffer): Promise<number> {
    return this.#named(this.bytes.read(into));
  }

  seek(offset: number): Promise<number> {
    return this.#named(this.bytes.seek(offset));
  }

  /** Goes to `cursor` if this is the file that it was made in; else says why it is not. */
  async goTo({ offset, head, headBytes, packed }: LineCursor): Promise<Mismatch | 'end' | undefined> {
    const same = this.head.length >= headBytes && sha256(this.head.subarray(0, headBytes)) === head;
    if (same && packed === this.size && this.packed !== undefined) return 'end';
    const reached = await this.seek(offset);
    if (reached < offset) return { short: reached };
    return same ? undefined : 'replaced';
  }

  /** The place `length` bytes after `from`, which `body` begins at. */
  after(from: LineCursor, body: Buffer, length: number, lines: number): LineCursor {
    if (this.head.length < HEAD_BYTES && from.offset <= this.head.length) this.#growHead(from.offset, body);
    const offset = from.offset + length;
    const headBytes = Math.min(offset, this.head.length);
    const head = from.headBytes === headBytes ? from.head : sha256(this.head.subarray(0, headBytes));
    return { file: from.file, offset, line: from.line + lines, head, headBytes };
  }

  /** Whether it still is what it was when it was opened: nobody has cut it before `end` or written it anew. */
  async isIntact(end: number): Promise<boolean> {
    if (this.packed !== undefined) return true;
    if ((await this.#named(this.handle.stat())).size < end) return false;
    return (await this.#named(headOf(new PlainBytes(this.handle), this.head.length))).equals(this.head);
  }

  close(): Promise<void> {
    this.bytes.close();
    return this.handle.close();
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

async function headOf(bytes: Bytes, length: number): Promise<Buffer> {
  const head = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const read = await bytes.read(head.subarray(filled));
    if (read === 0) break;
    filled += read;
  }
  return head.subarray(0, filled);
}
