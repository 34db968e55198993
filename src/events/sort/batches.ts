import type { Entry } from './entry.js';

/** Maximum number of entries and of characters in a batch. */
export interface BatchLimits {
  batchEntries: number;
  batchChars: number;
}

/** Collects entries into a batch. */
export class Batch {
  #entries: Entry[] = [];
  #chars = 0;

  constructor(private readonly limits: BatchLimits) {}

  get length(): number {
    return this.#entries.length;
  }

  /** Returns `true` when the batch is full. */
  add(entry: Entry): boolean {
    this.#entries.push(entry);
    this.#chars += entry.text.length;
    return this.length >= this.limits.batchEntries || this.#chars >= this.limits.batchChars;
  }

  take(): Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#chars = 0;
    return entries;
  }
}

export function* batches(entries: Iterable<Entry>, limits: BatchLimits): Generator<Entry[]> {
  const batch = new Batch(limits);
  for (const entry of entries) if (batch.add(entry)) yield batch.take();
  if (batch.length > 0) yield batch.take();
}
