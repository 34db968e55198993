import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cursor, FetchOptions, FetchedPage } from '../../sources/source.js';
import { beginning, sha256, type LineCursor } from './cursor.js';
import { Lines, type Scratch, type Stretch } from './lines.js';
import { Queue, type Stop } from './queue.js';
import { openAt, type Opened } from './resume.js';
import { cutType, MEDIA_TYPE } from './rows.js';
import { fileFailure } from './troubles.js';

/** A log under way. */
interface Reading extends Opened {
  lines: Lines;
}

const POLL_MS = 1_000;
const NONE: Stretch = { body: Buffer.alloc(0), length: 0, done: 0, lines: 0, rows: 0 };

/** Walks the logs of a place one after the other; only ever one file is open. */
export class Walk {
  readonly #queue: Queue;
  readonly #follow: boolean;
  #reading: Reading | undefined;
  /** Where the last log was left. */
  #last: LineCursor;
  /** Not told on any page yet. */
  #warnings: string[] = [];

  constructor(
    private readonly path: string,
    private readonly from: LineCursor | null,
    private readonly options: FetchOptions,
    private readonly scratch: Scratch,
  ) {
    this.#queue = new Queue(path, options.positionOf);
    this.#follow = options.follow ?? false;
    this.#last = from ?? beginning('');
  }

  async *pages(): AsyncGenerator<FetchedPage> {
    this.options.signal.throwIfAborted();
    try {
      await this.#queue.fill(this.from);
      while (this.#goesOn()) {
        const reading = this.#reading ?? (await this.#open());
        if (!reading) {
          if (!this.#follow) yield this.#nothing();
          return;
        }
        const page = await this.#read(reading);
        if (page) yield page;
        if (page?.next === null) return;
      }
    } finally {
      await this.#reading?.file.close();
    }
  }

  #goesOn(): boolean {
    this.options.signal.throwIfAborted();
    return this.options.more();
  }

  /** Opens the next log that has something to read; waits for one if need be. */
  async #open(): Promise<Reading | undefined> {
    for (;;) {
      const stop = await this.#queue.next();
      if (stop) {
        const opened = await this.#openAt(stop);
        if (!opened) continue;
        const reading = (this.#reading = { ...opened, lines: new Lines(opened.file, this.scratch) });
        if (reading.anew || (!reading.finished && (await reading.lines.any()))) {
          this.#warnings.push(...reading.warnings);
          return reading;
        }
        await this.#leave(reading);
      } else if (this.#follow && this.#goesOn()) {
        await delay(POLL_MS, undefined, { signal: this.options.signal });
        await this.#queue.refill();
      } else return undefined;
    }
  }

  async #openAt({ at, guessed }: Stop): Promise<Opened | undefined> {
    const { folder, single } = this.#queue.place;
    const opened = await openAt(folder, at);
    if (opened && guessed && opened.anew) return { ...opened, warnings: [] };
    if (opened || this.#follow) return opened;
    if (single) throw fileFailure(Object.assign(new Error(), { code: 'ENOENT' }), join(folder, at.file));
    if (at.offset > 0) this.#warnings.push(`${at.file} is gone: the first ${at.offset} bytes of it had been read`);
    return undefined;
  }

  /** Closes a log, at the end of what there is in it. */
  async #leave({ file, at, rotated }: Reading): Promise<void> {
    this.#reading = undefined;
    this.#last = at;
    await file.close();
    if (rotated?.replaced) this.#queue.goTo(beginning(at.file));
    // Its writer may still have it open: it is looked at again until the new file has something in it.
    else this.#queue.keep(at, rotated ? undefined : file.signature);
  }

  /** The next page of a log; `undefined` when there is none yet, or when the log has to be opened again. */
  async #read(reading: Reading): Promise<FetchedPage | undefined> {
    const { file, lines, at, rotated, anew } = reading;
    const wait = this.#follow && !rotated?.replaced;
    const stretch = (await lines.next(wait)) ?? (anew ? NONE : undefined);
    if (!(await file.isIntact(at.offset + (stretch?.length ?? 0)))) {
      this.#reading = undefined;
      await file.close();
      this.#queue.goTo(at);
      await this.#open();
      return undefined;
    }
    if (!stretch) {
      await this.#leave(reading);
      return undefined;
    }
    reading.anew = false;
    reading.at = file.after(at, stretch.body, stretch.done, stretch.lines);
    const whole = stretch.done === stretch.length;
    const ended = !whole || !(await lines.any());
    if (ended && whole && file.packed !== undefined) reading.at.packed = file.packed;
    const position = reading.at;
    if (ended) await this.#leave(reading);
    const next = this.#follow ? position : ended ? ((await this.#open())?.at ?? null) : position;
    return this.#page(at, stretch, next, position);
  }

  #page(cursor: LineCursor, { body, rows, cut }: Stretch, next: LineCursor | null, end?: LineCursor): FetchedPage {
    // Those of the log that `next` leads to are told now: another process may go on there.
    const warnings = this.#warnings.splice(0);
    return {
      cursor,
      next,
      body,
      mediaType: cut === undefined ? MEDIA_TYPE : cutType(cut),
      digest: sha256(body),
      status: 200,
      fetchedAt: new Date(),
      rows,
      ...(warnings.length > 0 && { warnings }),
      ...(end && { position: { part: end.file, at: end as Cursor } }),
    };
  }

  #nothing(): FetchedPage {
    if (this.#queue.place.names.length === 0) this.#warnings.push(`${this.path} holds no *.jsonl or *.ndjson files`);
    return this.#page(this.#last, NONE, null);
  }
}
