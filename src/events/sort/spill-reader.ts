import { open, type FileHandle } from 'node:fs/promises';
import type { Entry } from './entry.js';
import { HEADER_BYTES, idBytes, readEntry, type Framed } from './framing.js';
import type { SpillWriter } from './spill-writer.js';

/** Small, because each file of a merge has its own block. */
const BLOCK = 64 * 1024;

/**
 * Reads a spill file entry by entry. Reads texts only when needed, so that a merge of many files has one text in memory at a
 * time.
 */
export class SpillReader {
  #block: Buffer = Buffer.allocUnsafeSlow(BLOCK);
  /** Offsets of the next entry and of its text in the block. */
  #start = 0;
  #textAt = 0;
  #end = 0;
  /** The next entry. Its content is undefined if `isOver` is true. */
  head!: Framed;
  isOver = false;

  private constructor(
    private readonly handle: FileHandle,
    /** Order of entries that compare as equal. */
    readonly rank: number,
  ) {}

  static async open(path: string, rank: number): Promise<SpillReader> {
    const reader = new SpillReader(await open(path), rank);
    await reader.advance();
    return reader;
  }

  /**
   * Whether the text of the next entry is in memory. Callers check it, because awaiting a promise for each entry would be slow.
   */
  get hasText(): boolean {
    return this.#textAt + this.head.textBytes <= this.#end;
  }

  /** Reads until the text of the next entry is in memory. */
  async readText(): Promise<void> {
    await this.#need(this.#textAt - this.#start + this.head.textBytes);
  }

  /** The next entry. Its text must be in memory. */
  entry(): Entry {
    const { id, page, row, offset, length, textBytes } = this.head;
    const text = this.#block.toString('utf8', this.#textAt, this.#textAt + textBytes);
    return { id, page, row, offset, length, text };
  }

  /** Copies the bytes of the next entry. Its text must be in memory. */
  copyTo(writer: SpillWriter): Promise<void> | undefined {
    const end = this.#textAt + this.head.textBytes;
    return writer.write(this.#block, this.#start, end) ? undefined : writer.writeLarge(this.#block, this.#start, end);
  }

  /** Advances if the following entry is in memory. Returns whether the reader advanced. */
  advanceQuickly(): boolean {
    const next = this.#textAt + this.head.textBytes;
    const idAt = next + HEADER_BYTES;
    if (idAt > this.#end || idAt + idBytes(this.#block, next) > this.#end) return false;
    this.#decode(next);
    return true;
  }

  async advance(): Promise<void> {
    // At the first call there is no current entry.
    this.#start = this.#textAt + ((this.head as Framed | undefined)?.textBytes ?? 0);
    if (this.#block.length > BLOCK) this.#shrink();
    await this.#need(HEADER_BYTES);
    this.isOver = this.#end === this.#start;
    if (this.isOver) return;
    await this.#need(HEADER_BYTES + idBytes(this.#block, this.#start));
    this.#decode(this.#start);
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  #decode(start: number): void {
    this.#start = start;
    this.head = readEntry(this.#block, start);
    this.#textAt = start + HEADER_BYTES + idBytes(this.#block, start);
  }

  /** Reads until the block has `bytes` of the next entry, or the file ends. */
  async #need(bytes: number): Promise<void> {
    if (this.#end - this.#start >= bytes) return;
    this.#move(bytes > this.#block.length ? Buffer.allocUnsafeSlow(bytes) : this.#block);
    while (this.#end < bytes) {
      const { bytesRead } = await this.handle.read(this.#block, this.#end, this.#block.length - this.#end);
      if (bytesRead === 0) return;
      this.#end += bytesRead;
    }
  }

  /** Frees the memory that a large entry needed. */
  #shrink(): void {
    if (this.#end - this.#start <= BLOCK) this.#move(Buffer.allocUnsafeSlow(BLOCK));
  }

  #move(into: Buffer): void {
    const from = this.#start;
    this.#end = this.#block.copy(into, 0, from, this.#end);
    this.#block = into;
    this.#textAt -= from;
    this.#start = 0;
  }
}
