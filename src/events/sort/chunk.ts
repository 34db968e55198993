import { compareIds, compareText, type EventId } from '../../model/event-order.js';
import type { Entry } from './entry.js';
import { mostBytes, readEntry, writeEntry } from './framing.js';
import type { SpillWriter } from './spill-writer.js';

export interface ChunkLimits {
  chunkEntries: number;
  chunkBytes: number;
}

/** Size of the first buffer in bytes. Many sorts need no larger buffer. */
const SMALL = 64 * 1024;

/**
 * Entries in memory, in one buffer with the format of the files. As objects, the entries would take three times as much
 * memory.
 */
export class Chunk {
  #buffer = Buffer.allocUnsafeSlow(SMALL);
  #ids: EventId[] = [];
  #pages: number[] = [];
  #rows: number[] = [];
  /** Offsets at which the entries begin, and the offset at which the last entry ends. */
  #starts: number[] = [0];
  /** Number of ids that are text. */
  #texts = 0;

  constructor(private readonly limits: ChunkLimits) {}

  get length(): number {
    return this.#ids.length;
  }

  get isFull(): boolean {
    return this.length >= this.limits.chunkEntries || this.#end >= this.limits.chunkBytes;
  }

  add(entry: Entry): void {
    this.#makeRoom(mostBytes(entry));
    this.#starts.push(writeEntry(this.#buffer, this.#end, entry));
    this.#ids.push(entry.id);
    if (typeof entry.id === 'string') this.#texts += 1;
    this.#pages.push(entry.page);
    this.#rows.push(entry.row);
  }

  /** Writes all entries to a file in order. */
  async writeTo(writer: SpillWriter): Promise<void> {
    for (const at of this.#order()) {
      const start = this.#starts[at]!;
      const end = this.#starts[at + 1]!;
      if (!writer.write(this.#buffer, start, end)) await writer.writeLarge(this.#buffer, start, end);
    }
  }

  /** All entries in order. */
  *entries(): Generator<Entry> {
    for (const at of this.#order()) {
      const { textBytes, ...entry } = readEntry(this.#buffer, this.#starts[at]!);
      const end = this.#starts[at + 1]!;
      yield { ...entry, text: this.#buffer.toString('utf8', end - textBytes, end) };
    }
  }

  /** Removes the entries and keeps the buffer for reuse. */
  clear(): void {
    this.#ids = [];
    this.#pages = [];
    this.#rows = [];
    this.#starts = [0];
    this.#texts = 0;
    if (this.#buffer.length > 2 * this.limits.chunkBytes + SMALL) this.#buffer = Buffer.allocUnsafeSlow(SMALL);
  }

  /** The entries' indexes, in order. */
  #order(): Uint32Array {
    const ids = this.#ids;
    const byLocation = (a: number, b: number) => this.#pages[a]! - this.#pages[b]! || this.#rows[a]! - this.#rows[b]!;
    const order = Uint32Array.from(ids, (_, at) => at);
    // Checks the type of ids once instead of at each comparison.
    if (this.#texts === ids.length)
      return order.sort((a, b) => compareText(ids[a] as string, ids[b] as string) || byLocation(a, b));
    return order.sort((a, b) => compareIds(ids[a]!, ids[b]!) || byLocation(a, b));
  }

  get #end(): number {
    return this.#starts[this.#starts.length - 1]!;
  }

  #makeRoom(bytes: number): void {
    const end = this.#end;
    const { length } = this.#buffer;
    if (end + bytes <= length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(end + bytes, Math.min(2 * length, this.limits.chunkBytes + SMALL)));
    this.#buffer.copy(larger, 0, 0, end);
    this.#buffer = larger;
  }
}
