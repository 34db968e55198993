import { Batch, type BatchLimits } from './batches.js';
import { compare } from './compare.js';
import type { Entry } from './entry.js';
import { Heap } from './heap.js';
import { SpillReader } from './spill-reader.js';
import type { SpillWriter } from './spill-writer.js';

/** Merges sorted files. `first` is the reader with the next entry. */
class Merging {
  readonly #readers: SpillReader[] = [];
  #heap!: Heap<SpillReader>;

  async open(paths: readonly string[]): Promise<void> {
    for (const [rank, path] of paths.entries()) this.#readers.push(await SpillReader.open(path, rank));
    this.#heap = new Heap(
      this.#readers.filter(({ isOver }) => !isOver),
      (a, b) => compare(a.head, b.head) || a.rank - b.rank,
    );
  }

  get first(): SpillReader | undefined {
    return this.#heap.top;
  }

  /** Advances to the next entry. Returns a promise only when it has to read from the file. */
  advance(reader: SpillReader): Promise<void> | undefined {
    if (reader.advanceQuickly()) {
      this.#heap.sink();
      return undefined;
    }
    return reader.advance().then(() => (reader.isOver ? this.#heap.remove() : this.#heap.sink()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }
}

/** The entries of sorted files in order, in batches. */
export async function* merge(paths: readonly string[], limits: BatchLimits): AsyncGenerator<Entry[]> {
  const merging = new Merging();
  try {
    await merging.open(paths);
    const batch = new Batch(limits);
    for (let reader = merging.first; reader; reader = merging.first) {
      if (!reader.hasText) await reader.readText();
      if (batch.add(reader.entry())) yield batch.take();
      const reading = merging.advance(reader);
      if (reading) await reading;
    }
    if (batch.length > 0) yield batch.take();
  } finally {
    await merging.close();
  }
}

/** Merges sorted files into one. */
export async function mergeTo(writer: SpillWriter, paths: readonly string[]): Promise<void> {
  const merging = new Merging();
  try {
    await merging.open(paths);
    for (let reader = merging.first; reader; reader = merging.first) {
      if (!reader.hasText) await reader.readText();
      const writing = reader.copyTo(writer);
      if (writing) await writing;
      const reading = merging.advance(reader);
      if (reading) await reading;
    }
  } finally {
    await merging.close();
  }
}
