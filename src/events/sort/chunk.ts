import { compareIds, compareText, type EventId } from '../../model/event-order.js';
import type { Entry } from './entry.js';
import { mostBytes, readEntry, writeEntry } from './framing.js';
import type { SpillWriter } from './spill-writer.js';

export interface ChunkLimits {
  chunkEntries: number;
  chunkBytes: number;
}

/** The first buffer: many sorts never need a larger one. */
const SMALL = 64 * 1024;

/** Entries in memory. They lie in one buffer as they will in a file: as objects they would take thrice as much. */
export class Chunk {
  #buffer = Buffer.allocUnsafeSlow(SMALL);
  #ids: EventId[] = [];
  #pages: number[] = [];
  #rows: number[] = [];
  /** Where each entry begins, and where the last one ends. */
  #starts: number[] = [0];
  /** How many of the ids are text. */
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

  /** All entries in order, to a file. */
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

  /** Forgets the entries; their memory is used again. */
  clear(): void {
    this.#ids = [];
    this.#pages = [];
    this.#rows = [];
    this.#starts = [0];
    this.#texts = 0;
    if (this.#buffer.length > 2 * this.limits.chunkBytes + SMALL) this.#buffer = Buffer.allocUnsafeSlow(SMALL);
  }

  /** The entries' numbers, in order. */
  #order(): Uint32Array {
    const ids = this.#ids;
    const place = (a: number, b: number) => this.#pages[a]! - this.#pages[b]! || this.#rows[a]! - this.#rows[b]!;
    const order = Uint32Array.from(ids, (_, at) => at);
    // Told apart once, not at every comparison.
    if (this.#texts === ids.length)
      return order.sort((a, b) => compareText(ids[a] as string, ids[b] as string) || place(a, b));
    return order.sort((a, b) => compareIds(ids[a]!, ids[b]!) || place(a, b));
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
