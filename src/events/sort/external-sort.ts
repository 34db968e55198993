import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PRIVATE_FOLDER } from '../../system/private-files.js';
import { privateFolder, type PrivateFolder } from '../../system/private-folder.js';
import { batches, type BatchLimits } from './batches.js';
import { Chunk, type ChunkLimits } from './chunk.js';
import type { Entry } from './entry.js';
import { merge, mergeTo } from './merge-runs.js';
import { SpillWriter } from './spill-writer.js';

/** Limits of memory. */
export interface SortLimits extends ChunkLimits, BatchLimits {
  /** Maximum number of files that are merged at once. */
  files: number;
}

const MIB = 1024 * 1024;
const DEFAULTS: SortLimits = {
  chunkEntries: 30_000,
  chunkBytes: 4 * MIB,
  files: 256,
  batchEntries: 2_000,
  batchChars: 4 * MIB,
};

/**
 * Sorts any number of entries (see `compare`) in constant memory. Entries that fit in one chunk are not written to files.
 * Add all entries, then read `sorted`, then call `dispose`. The files are in a new private folder in `parent`, so that
 * another attempt at the same work cannot find these files.
 */
export class ExternalSort {
  readonly #limits: SortLimits;
  #chunk: Chunk;
  #spare: Chunk | undefined;
  #files: string[] = [];
  #made = 0;
  #spilling: Promise<void> | undefined;
  #folder: PrivateFolder | undefined;

  constructor(
    limits: Partial<SortLimits> = {},
    private readonly parent = tmpdir(),
  ) {
    this.#limits = { ...DEFAULTS, ...limits };
    this.#chunk = new Chunk(this.#limits);
  }

  /** Returns a promise only when a chunk is full. Await it before you add more entries, or memory grows. */
  add(entry: Entry): Promise<void> | undefined {
    this.#chunk.add(entry);
    return this.#chunk.isFull ? this.#spill() : undefined;
  }

  /** All entries in order, in batches. */
  async *sorted(): AsyncGenerator<Entry[]> {
    await this.#spilling;
    const { files, ...limits } = this.#limits;
    if (this.#files.length === 0) {
      yield* batches(this.#chunk.entries(), limits);
      return;
    }
    if (this.#chunk.length > 0) await this.#spill();
    this.#spare = undefined;
    while (this.#files.length > files) await this.#mergeSome(files);
    yield* merge(this.#files, limits);
  }

  /** Removes the folder. */
  async dispose(): Promise<void> {
    this.#chunk.clear();
    await this.#spilling?.catch(() => {});
    await this.#folder?.release();
    this.#folder = undefined;
  }

  #spill(): Promise<void> {
    const chunk = this.#chunk;
    this.#chunk = this.#spare ?? new Chunk(this.#limits);
    this.#spare = undefined;
    const before = this.#spilling;
    const spilling = (async () => {
      await before;
      await this.#write((writer) => chunk.writeTo(writer));
      chunk.clear();
      this.#spare = chunk;
    })();
    spilling.catch(() => {}); // `add`'s caller and `sorted` await the promise and get the error
    return (this.#spilling = spilling);
  }

  /** One merge pass. Merges adjacent files, so that equal entries stay in the order in which they were added. */
  async #mergeSome(most: number): Promise<void> {
    const files = this.#files;
    this.#files = [];
    for (let at = 0; at < files.length; at += most) {
      const group = files.slice(at, at + most);
      await this.#write((writer) => mergeTo(writer, group));
      await Promise.all(group.map((path) => rm(path)));
    }
  }

  async #write(fill: (writer: SpillWriter) => Promise<void>): Promise<void> {
    if (!this.#folder) {
      await mkdir(this.parent, { recursive: true, mode: PRIVATE_FOLDER });
      this.#folder = await privateFolder(this.parent, 'rollcall-sort-');
    }
    const path = join(this.#folder.path, `${this.#made++}.spill`);
    const writer = await SpillWriter.create(path);
    try {
      await fill(writer);
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    await writer.end();
    this.#files.push(path);
  }
}
