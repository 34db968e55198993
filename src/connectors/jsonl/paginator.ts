import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cursor, FetchOptions, FetchedPage } from '../../model/source.js';
import { beginning, sha256, type LineCursor } from './cursor.js';
import { Lines, type Scratch, type LineBatch } from './lines.js';
import { Queue } from './queue.js';
import { openAt, type Opened, type ResumePoint } from './resume.js';
import { cutType, MEDIA_TYPE } from './rows.js';
import { fileFailure } from './error-mapping.js';

/** The log being read. */
interface OpenLog extends Opened {
  lines: Lines;
}

const POLL_MS = 1_000;
const MOST_WARNINGS = 100;
const EMPTY_BATCH: LineBatch = { body: Buffer.alloc(0), length: 0, done: 0, lines: 0, rows: 0 };

/** Reads the logs of a path one after the other; only one file is open at a time. */
export class Paginator {
  readonly #queue: Queue;
  readonly #follow: boolean;
  #log: OpenLog | undefined;
  /** Position at which the last log was closed. */
  #last: LineCursor;
  /** Warnings not attached to a page yet. */
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
      while (this.#continues()) {
        const log = this.#log ?? (await this.#open());
        if (!log) {
          if (!this.#follow) yield this.#emptyPage();
          return;
        }
        const page = await this.#read(log);
        if (page) yield page;
        if (page?.next === null) return;
      }
    } finally {
      await this.#log?.file.close();
    }
  }

  #continues(): boolean {
    this.options.signal.throwIfAborted();
    return this.options.more();
  }

  /** Opens the next log with unread lines; with `follow`, waits for such a log. */
  async #open(): Promise<OpenLog | undefined> {
    for (;;) {
      const resumePoint = this.#queue.next();
      if (resumePoint) {
        const opened = await this.#openAt(resumePoint);
        if (!opened) continue;
        this.#warn(opened.losses);
        const log = (this.#log = { ...opened, lines: new Lines(opened.file, this.scratch) });
        // Losses are reported once, so the position has to be stored.
        log.anew ||= opened.losses.length > 0;
        if (log.anew || (!log.finished && (await log.lines.any()))) {
          this.#warn(log.warnings);
          return log;
        }
        await this.#close(log);
      } else if (this.#follow && this.#continues()) {
        await delay(POLL_MS, undefined, { signal: this.options.signal });
        await this.#queue.refill();
      } else return undefined;
    }
  }

  /** Limits the number of warnings, because each log may have one. */
  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) {
      this.#warned += 1;
      if (this.#warned <= MOST_WARNINGS) this.#warnings.push(warning);
      if (this.#warned === MOST_WARNINGS)
        this.#warnings.push('more files were rotated, truncated or removed than are named here');
    }
  }

  async #openAt(resumePoint: ResumePoint): Promise<Opened | undefined> {
    const { folder, single } = this.#queue.logFiles;
    const opened = await openAt(this.#queue.logFiles, resumePoint);
    if (opened || this.#follow || !single) return opened;
    throw fileFailure(Object.assign(new Error(), { code: 'ENOENT' }), join(folder, resumePoint.at.file));
  }

  /** Closes a log at its current end. */
  async #close(log: OpenLog): Promise<void> {
    const { file, at, rotated, seen } = log;
    this.#log = undefined;
    this.#last = at;
    await file.close();
    if (rotated?.more) {
      seen.add(file, at.offset);
      log.at = beginning(at.file);
      this.#queue.goTo(log.at, seen);
    } else {
      // The writer may still have the rotated file open, so the file is checked again until another file has content.
      this.#queue.store(at, rotated ? undefined : file.signature, seen);
    }
  }

  /** The next page of a log; `undefined` if there is none yet, or if the log has to be opened again. */
  async #read(log: OpenLog): Promise<FetchedPage | undefined> {
    const { file, lines, at, rotated, anew } = log;
    const wait = this.#follow && !rotated?.more;
    const batch = (await lines.next(wait)) ?? (anew ? EMPTY_BATCH : undefined);
    if (!(await file.isIntact(at.offset, at.offset + (batch?.length ?? 0)))) {
      this.#log = undefined;
      await file.close();
      await this.#queue.rescan(at, log.seen);
      await this.#open();
      return undefined;
    }
    if (!batch) {
      await this.#close(log);
      return undefined;
    }
    log.anew = false;
    if (!at.gone) log.at = file.after(at, batch.body, batch.done, batch.lines);
    const whole = batch.done === batch.length;
    const ended = !whole || !(await lines.any());
    if (ended && whole && file.packed !== undefined) log.at.packed = file.packed;
    if (ended) await this.#close(log);
    const position = log.at;
    const next = this.#follow ? position : ended ? ((await this.#open())?.at ?? null) : position;
    return this.#page(at, batch, next, { ...position, old: log.seen.toTexts() });
  }

  #page(
    cursor: LineCursor,
    { body, rows, cut }: LineBatch,
    next: LineCursor | null,
    end?: LineCursor & { old: string[] },
  ): FetchedPage {
    // Includes warnings about the log that `next` leads to, because another process may resume there.
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

  #emptyPage(): FetchedPage {
    if (this.#queue.logFiles.names.length === 0) this.#warnings.push(`${this.path} holds no *.jsonl or *.ndjson files`);
    return this.#page(this.#last, EMPTY_BATCH, null);
  }
}
