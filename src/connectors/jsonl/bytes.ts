import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';

/** Sequential reader of a file's decompressed bytes. */
export interface Bytes {
  /** Reads into `into` and returns the number of bytes; 0 at the current end of the file. */
  read(into: Buffer): Promise<number>;
  /** Moves to `offset`, or to the end if the file is shorter; resolves to the position reached. */
  seek(offset: number): Promise<number>;
  /** For a compressed file: number of bytes on disk that have been read. */
  readonly packed?: number;
  close(): void;
}

export class PlainBytes implements Bytes {
  #at = 0;

  constructor(private readonly handle: FileHandle) {}

  async read(into: Buffer): Promise<number> {
    const { bytesRead } = await this.handle.read(into, 0, into.length, this.#at);
    this.#at += bytesRead;
    return bytesRead;
  }

  async seek(offset: number): Promise<number> {
    this.#at = Math.min(offset, (await this.handle.stat()).size);
    return this.#at;
  }

  close(): void {}
}

const CHUNK = 256 * 1024;

/** Reads any number of gzip members. A member that is still being written ends at its last complete byte. */
export class GzipBytes implements Bytes {
  #at = 0;
  #packed = 0;
  #chunks: AsyncIterator<Buffer> | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly handle: FileHandle) {}

  get packed(): number {
    return this.#packed;
  }

  async read(into: Buffer): Promise<number> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#open().next();
      if (done) return 0;
      this.#rest = value;
    }
    const length = this.#rest.copy(into);
    this.#rest = this.#rest.subarray(length);
    this.#at += length;
    return length;
  }

  async seek(offset: number): Promise<number> {
    if (offset < this.#at) this.close();
    const skipped = Buffer.allocUnsafe(CHUNK);
    while (this.#at < offset) {
      if ((await this.read(skipped.subarray(0, Math.min(CHUNK, offset - this.#at)))) === 0) break;
    }
    return this.#at;
  }

  close(): void {
    // The iterator rejects if it is closed before its end.
    this.#chunks?.return?.().catch(() => {});
    this.#chunks = undefined;
    this.#rest = Buffer.alloc(0);
    this.#at = 0;
  }

  #open(): AsyncIterator<Buffer> {
    if (this.#chunks) return this.#chunks;
    const gunzip = createGunzip({ chunkSize: CHUNK, finishFlush: constants.Z_SYNC_FLUSH });
    // The iterator throws the errors of both streams.
    pipeline(this.#onDisk(), gunzip, () => {});
    this.#chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    return this.#chunks;
  }

  async *#onDisk(): AsyncGenerator<Buffer> {
    for (let at = 0; ;) {
      const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafeSlow(CHUNK), 0, CHUNK, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      this.#packed = at;
      yield buffer.subarray(0, bytesRead);
    }
  }
}
