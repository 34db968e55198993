import type { Entry } from './entry.js';

/** A batch ends after so many entries, or so much text. */
export interface BatchLimits {
  batchEntries: number;
  batchChars: number;
}

/** Gathers entries to be handed on together. */
export class Batch {
  #entries: Entry[] = [];
  #chars = 0;

  constructor(private readonly limits: BatchLimits) {}

  get length(): number {
    return this.#entries.length;
  }

  /** `true` when it is full. */
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
