import { join } from 'node:path';
import type { FetchOptions } from '../../model/source.js';
import { beginning, lineCursor, type LineCursor } from './cursor.js';
import { LogFile } from './file.js';
import { byCodePoint, isAfter, placeOf, type Place } from './folder.js';
import { Heads } from './heads.js';
import type { Stop } from './resume.js';
import { Seen } from './seen.js';
import { signatureAt } from './signature.js';

/** The logs of a place in order, and how far each has been read. */
export class Queue {
  #place: Place = { folder: '', names: [], single: false, rotated: new Map() };
  /** The next one is the last. */
  #waiting: string[] = [];
  readonly #known = new Map<string, LineCursor>();
  readonly #seen = new Map<string, Seen>();
  /** What each file was when there was nothing more to read in it. */
  readonly #read = new Map<string, string>();
  /** Logs that others of the folder were before. */
  readonly #moved = new Map<string, string[]>();
  /** Logs that were another one before, and have no position of their own yet. */
  readonly #fresh = new Set<string>();

  constructor(
    private readonly path: string,
    private readonly positions: FetchOptions['positions'],
  ) {}

  get place(): Place {
    return this.#place;
  }

  /** Lists the logs; with `from`, that one and those after it. */
  async fill(from: LineCursor | null): Promise<void> {
    for (const [part, at] of (await this.positions?.()) ?? []) {
      this.#known.set(part, { ...lineCursor(at), file: part });
      const { old, was } = at as { old?: string[]; was?: string };
      if (was !== undefined) this.#move(was, part);
      if (old) this.#seen.set(part, Seen.from(old));
    }
    if (from) this.#known.set(from.file, from);
    await this.#look();
    const { single } = this.#place;
    if (!from || single) {
      this.#wait(this.#logs());
      return;
    }
    // Where positions are known, those before it are soon passed over; one of them may be another one by now.
    const others = this.#logs().filter((name) => (this.positions ? name !== from.file : isAfter(name, from.file)));
    this.#wait(others);
    this.#waiting.push(from.file);
  }

  /** Lists the logs that have changed since they were read to their end. */
  async refill(): Promise<void> {
    await this.#look();
    const changed: string[] = [];
    for (const name of this.#logs()) {
      const read = this.#read.get(name);
      if (read === undefined || read !== (await signatureAt(join(this.#place.folder, name)))) changed.push(name);
    }
    this.#wait(changed);
  }

  /** Looks at the folder again. */
  async #look(): Promise<void> {
    this.#place = await placeOf(this.path);
    if (!this.#place.single) await this.#recognise();
  }

  /** The next log; `undefined` after the last one. */
  next(): Stop | undefined {
    const name = this.#waiting.pop();
    if (name === undefined) return undefined;
    const known = this.#known.get(name);
    if (!known || known.gone) return { at: beginning(name) };
    const seen = this.#seen.get(name);
    const moved = this.#moved.get(name);
    const fresh = this.#fresh.delete(name);
    return { at: known, fresh, ...(seen && { seen }), ...(moved && { moved }) };
  }

  /** Goes to this place before all else, after the folder has changed. */
  async lookAgain(at: LineCursor, seen: Seen): Promise<void> {
    await this.#look();
    this.goTo(at, seen);
  }

  /** Goes to this place before all else. */
  goTo(at: LineCursor, seen?: Seen): void {
    this.#waiting.push(at.file);
    this.keep(at, undefined, seen);
  }

  /** Remembers how far a log has been read; `signature` when that was its end. */
  keep(at: LineCursor, signature?: string, seen?: Seen): void {
    this.#known.set(at.file, at);
    if (seen) this.#seen.set(at.file, Seen.from(seen.toTexts()));
    if (signature === undefined) this.#read.delete(at.file);
    else this.#read.set(at.file, signature);
  }

  #move(from: string, to: string): void {
    this.#moved.set(from, [to, ...(this.#moved.get(from) ?? [])]);
  }

  /** What was another log before comes first: once it has a position of its own, that one's may go. */
  #wait(names: readonly string[]): void {
    const isFresh = (name: string) => this.#fresh.has(name);
    this.#waiting = [...names.filter(isFresh), ...names.filter((name) => !isFresh(name))].reverse();
  }

  /** The logs that are there, and those of which something was read and that are there no more. */
  #logs(): string[] {
    const { names, single } = this.#place;
    if (single) return names;
    const there = new Set(names);
    const away = [...this.#known.values()].filter(({ file, gone }) => !gone && !there.has(file));
    return [...names, ...away.map(({ file }) => file)].sort(byCodePoint);
  }

  /** A new log may be what another one was before: renamed, compressed or copied. It goes on where that one had been read. */
  async #recognise(): Promise<void> {
    const { folder, names } = this.#place;
    const fresh = names.filter((name) => !this.#known.has(name) || this.#known.get(name)!.gone);
    const heads = new Heads([...this.#known.values()]);
    if (fresh.length === 0 || heads.isEmpty) return;
    for (const name of fresh) {
      const file = await LogFile.open(folder, name).catch(() => undefined); // it is named when it is its turn
      if (!file) continue;
      try {
        const from = await heads.find(file);
        if (!from) continue;
        this.#known.set(name, { ...from, file: name, was: from.file });
        this.#move(from.file, name);
        this.#fresh.add(name);
      } finally {
        await file.close();
      }
    }
  }
}
