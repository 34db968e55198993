import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cursor, FetchOptions, FetchedPage } from '../../model/source.js';
import { beginning, sha256, type LineCursor } from './cursor.js';
import { Lines, type Scratch, type PageBatch } from './lines.js';
import { Queue } from './queue.js';
import { openAt, type Opened, type Stop } from './resume.js';
import { cutType, MEDIA_TYPE } from './rows.js';
import { fileFailure } from './error-mapping.js';

/** A log under way. */
interface Reading extends Opened {
  lines: Lines;
}

const POLL_MS = 1_000;
const MOST_WARNINGS = 100;
const NONE: PageBatch = { body: Buffer.alloc(0), length: 0, done: 0, lines: 0, rows: 0 };

/** Walks the logs of a place one after the other; only ever one file is open. */
export class Walk {
  readonly #queue: Queue;
  readonly #follow: boolean;
  #reading: Reading | undefined;
  /** Where the last log was left. */
  #last: LineCursor;
  /** Not told on any page yet. */
  #warnings: string[] = [];
  #warned = 0;

  constructor(
    private readonly path: string,
    private readonly from: LineCursor | null,
    private readonly options: FetchOptions,
    private readonly scratch: Scratch,
  ) {
    this.#queue = new Queue(path, options.positions);
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
      const stop = this.#queue.next();
      if (stop) {
        const opened = await this.#openAt(stop);
        if (!opened) continue;
        this.#warn(opened.losses);
        const reading = (this.#reading = { ...opened, lines: new Lines(opened.file, this.scratch) });
        // What was lost is told once.
        reading.anew ||= opened.losses.length > 0;
        if (reading.anew || (!reading.finished && (await reading.lines.any()))) {
          this.#warn(reading.warnings);
          return reading;
        }
        await this.#leave(reading);
      } else if (this.#follow && this.#goesOn()) {
        await delay(POLL_MS, undefined, { signal: this.options.signal });
        await this.#queue.refill();
      } else return undefined;
    }
  }

  /** Each log may have one: what they are told through has room for some. */
  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) {
      this.#warned += 1;
      if (this.#warned <= MOST_WARNINGS) this.#warnings.push(warning);
      if (this.#warned === MOST_WARNINGS)
        this.#warnings.push('more files were rotated, cut or are gone than are named here');
    }
  }

  async #openAt(stop: Stop): Promise<Opened | undefined> {
    const { folder, single } = this.#queue.place;
    const opened = await openAt(this.#queue.place, stop);
    if (opened || this.#follow || !single) return opened;
    throw fileFailure(Object.assign(new Error(), { code: 'ENOENT' }), join(folder, stop.at.file));
  }

  /** Closes a log, at the end of what there is in it. */
  async #leave(reading: Reading): Promise<void> {
    const { file, at, rotated, seen } = reading;
    this.#reading = undefined;
    this.#last = at;
    await file.close();
    if (rotated?.more) {
      seen.add(file, at.offset);
      reading.at = beginning(at.file);
      this.#queue.goTo(reading.at, seen);
    } else {
      // Its writer may still have it open: it is looked at again until another file has something in it.
      this.#queue.keep(at, rotated ? undefined : file.signature, seen);
    }
  }

  /** The next page of a log; `undefined` when there is none yet, or when the log has to be opened again. */
  async #read(reading: Reading): Promise<FetchedPage | undefined> {
    const { file, lines, at, rotated, anew } = reading;
    const wait = this.#follow && !rotated?.more;
    const stretch = (await lines.next(wait)) ?? (anew ? NONE : undefined);
    if (!(await file.isIntact(at.offset, at.offset + (stretch?.length ?? 0)))) {
      this.#reading = undefined;
      await file.close();
      await this.#queue.lookAgain(at, reading.seen);
      await this.#open();
      return undefined;
    }
    if (!stretch) {
      await this.#leave(reading);
      return undefined;
    }
    reading.anew = false;
    if (!at.gone) reading.at = file.after(at, stretch.body, stretch.done, stretch.lines);
    const whole = stretch.done === stretch.length;
    const ended = !whole || !(await lines.any());
    if (ended && whole && file.packed !== undefined) reading.at.packed = file.packed;
    if (ended) await this.#leave(reading);
    const position = reading.at;
    const next = this.#follow ? position : ended ? ((await this.#open())?.at ?? null) : position;
    return this.#page(at, stretch, next, { ...position, old: reading.seen.toTexts() });
  }

  #page(
    cursor: LineCursor,
    { body, rows, cut }: PageBatch,
    next: LineCursor | null,
    end?: LineCursor & { old: string[] },
  ): FetchedPage {
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
