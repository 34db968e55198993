import { join } from 'node:path';
import type { FetchOptions } from '../../model/source.js';
import { beginning, lineCursor, type LineCursor } from './cursor.js';
import { LogFile } from './file.js';
import { byCodePoint, isAfter, findLogs, type LogFiles } from './folder.js';
import { CursorsByHead } from './cursors-by-head.js';
import type { ResumePoint } from './resume.js';
import { FinishedFiles } from './finished-files.js';
import { signatureAt } from './signature.js';

/** The logs of a path in order, and the read position of each. */
export class Queue {
  #logFiles: LogFiles = { folder: '', names: [], single: false, rotated: new Map() };
  /** Logs to read, in reverse order: the next one is the last element. */
  #waiting: string[] = [];
  readonly #known = new Map<string, LineCursor>();
  readonly #finished = new Map<string, FinishedFiles>();
  /** Signature of each file that was read to its end. */
  readonly #read = new Map<string, string>();
  /** For each previous name, the logs that its file has become. */
  readonly #moved = new Map<string, string[]>();
  /** Renamed logs that have no stored position of their own yet. */
  readonly #renamed = new Set<string>();

  constructor(
    private readonly path: string,
    private readonly positions: FetchOptions['positions'],
  ) {}

  get logFiles(): LogFiles {
    return this.#logFiles;
  }

  /** Lists the logs; with `from`, only that log and the logs after it. */
  async fill(from: LineCursor | null): Promise<void> {
    for (const [part, at] of (await this.positions?.()) ?? []) {
      this.#known.set(part, { ...lineCursor(at), file: part });
      const { old, was } = at as { old?: string[]; was?: string };
      if (was !== undefined) this.#move(was, part);
      if (old) this.#finished.set(part, FinishedFiles.from(old));
    }
    if (from) this.#known.set(from.file, from);
    await this.#scan();
    const { single } = this.#logFiles;
    if (!from || single) {
      this.#enqueue(this.#logs());
      return;
    }
    // With stored positions, the logs before `from` are listed too: an unchanged log is skipped quickly, and one of them
    // may have been replaced.
    const others = this.#logs().filter((name) => (this.positions ? name !== from.file : isAfter(name, from.file)));
    this.#enqueue(others);
    this.#waiting.push(from.file);
  }

  /** Lists the logs that have changed since they were read to their end. */
  async refill(): Promise<void> {
    await this.#scan();
    const changed: string[] = [];
    for (const name of this.#logs()) {
      const read = this.#read.get(name);
      if (read === undefined || read !== (await signatureAt(join(this.#logFiles.folder, name)))) changed.push(name);
    }
    this.#enqueue(changed);
  }

  /** Lists the folder again and detects renamed logs. */
  async #scan(): Promise<void> {
    this.#logFiles = await findLogs(this.path);
    if (!this.#logFiles.single) await this.#detectRenamed();
  }

  /** Takes the next log; `undefined` after the last one. */
  next(): ResumePoint | undefined {
    const name = this.#waiting.pop();
    if (name === undefined) return undefined;
    const known = this.#known.get(name);
    if (!known || known.gone) return { at: beginning(name) };
    const seen = this.#finished.get(name);
    const moved = this.#moved.get(name);
    const fresh = this.#renamed.delete(name);
    return { at: known, fresh, ...(seen && { seen }), ...(moved && { moved }) };
  }

  /** Reads from this position next, after the folder has changed. */
  async rescan(at: LineCursor, seen: FinishedFiles): Promise<void> {
    await this.#scan();
    this.goTo(at, seen);
  }

  /** Reads from this position next. */
  goTo(at: LineCursor, seen?: FinishedFiles): void {
    this.#waiting.push(at.file);
    this.store(at, undefined, seen);
  }

  /** Stores a log's read position. Pass `signature` if the position is the end of the log. */
  store(at: LineCursor, signature?: string, seen?: FinishedFiles): void {
    this.#known.set(at.file, at);
    if (seen) this.#finished.set(at.file, FinishedFiles.from(seen.toTexts()));
    if (signature === undefined) this.#read.delete(at.file);
    else this.#read.set(at.file, signature);
  }

  #move(from: string, to: string): void {
    this.#moved.set(from, [to, ...(this.#moved.get(from) ?? [])]);
  }

  /** Renamed logs come first: once they have a position of their own, the old name's position can be dropped. */
  #enqueue(names: readonly string[]): void {
    const isFresh = (name: string) => this.#renamed.has(name);
    this.#waiting = [...names.filter(isFresh), ...names.filter((name) => !isFresh(name))].reverse();
  }

  /** Existing logs, and logs that were read and no longer exist. */
  #logs(): string[] {
    const { names, single } = this.#logFiles;
    if (single) return names;
    const there = new Set(names);
    const away = [...this.#known.values()].filter(({ file, gone }) => !gone && !there.has(file));
    return [...names, ...away.map(({ file }) => file)].sort(byCodePoint);
  }

  /**
   * Detects new logs that another log has become, by renaming, compression or copying: each continues at the old log's
   * position.
   */
  async #detectRenamed(): Promise<void> {
    const { folder, names } = this.#logFiles;
    const fresh = names.filter((name) => !this.#known.has(name) || this.#known.get(name)!.gone);
    const byHead = new CursorsByHead([...this.#known.values()]);
    if (fresh.length === 0 || byHead.isEmpty) return;
    for (const name of fresh) {
      // The paginator reports an unreadable file when it reads that file.
      const file = await LogFile.open(folder, name).catch(() => undefined);
      if (!file) continue;
      try {
        const from = await byHead.find(file);
        if (!from) continue;
        this.#known.set(name, { ...from, file: name, was: from.file });
        this.#move(from.file, name);
        this.#renamed.add(name);
      } finally {
        await file.close();
      }
    }
  }
}
