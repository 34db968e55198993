import { open, rename, type FileHandle } from 'node:fs/promises';
import { PRIVATE } from '../../system/private-files.js';

const BLOCK = 256 * 1024;

/** Writes framed entries to a temporary file that gets its final name when it is complete. */
export class SpillWriter {
  readonly #block = Buffer.allocUnsafeSlow(BLOCK);
  #filled = 0;

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  static async create(path: string): Promise<SpillWriter> {
    return new SpillWriter(path, await open(`${path}.tmp`, 'w', PRIVATE.mode));
  }

  /** Adds an entry to the block. Returns `false` if it does not fit; then call `writeLarge`. */
  write(from: Buffer, start: number, end: number): boolean {
    if (this.#filled + end - start > BLOCK) return false;
    this.#filled += from.copy(this.#block, this.#filled, start, end);
    return true;
  }

  async writeLarge(from: Buffer, start: number, end: number): Promise<void> {
    await this.#write(this.#block, 0, this.#filled);
    this.#filled = 0;
    if (!this.write(from, start, end)) await this.#write(from, start, end);
  }

  async end(): Promise<void> {
    await this.#write(this.#block, 0, this.#filled);
    await this.handle.close();
    await rename(`${this.path}.tmp`, this.path);
  }

  /** Closes the file and leaves it; `ExternalSort` removes the folder. */
  abandon(): Promise<void> {
    return this.handle.close();
  }

  async #write(from: Buffer, start: number, end: number): Promise<void> {
    for (let at = start; at < end;) at += (await this.handle.write(from, at, end - at)).bytesWritten;
  }
}
