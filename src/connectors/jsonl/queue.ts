import { join } from 'node:path';
import type { FetchOptions } from '../../sources/source.js';
import { beginning, lineCursor, type LineCursor } from './cursor.js';
import { isAfter, placeOf, type Place } from './folder.js';
import { signatureAt } from './signature.js';

/** Where to go on in a log. */
export interface Stop {
  at: LineCursor;
  /** From the log of which this one seems to be the compressed copy. */
  guessed?: boolean;
}

/** The logs of a place in order, and how far each has been read. */
export class Queue {
  #place: Place = { folder: '', names: [], single: false };
  /** The next one is the last. */
  #waiting: string[] = [];
  readonly #known = new Map<string, LineCursor>();
  /** What each file was when there was nothing more to read in it. */
  readonly #read = new Map<string, string>();

  constructor(
    private readonly path: string,
    private readonly positionOf: FetchOptions['positionOf'],
  ) {}

  get place(): Place {
    return this.#place;
  }

  /** Lists the logs; with `from`, that one and those after it. */
  async fill(from: LineCursor | null): Promise<void> {
    this.#place = await placeOf(this.path);
    const { names, single } = this.#place;
    if (from) this.#known.set(from.file, from);
    const first = from && !single ? from.file : '';
    const after = names.filter((name) => isAfter(name, first));
    this.#waiting = (first === '' ? after : [first, ...after]).reverse();
  }

  /** Lists the logs that have changed since they were read to their end. */
  async refill(): Promise<void> {
    if (!this.#place.single) this.#place = await placeOf(this.path);
    const changed: string[] = [];
    for (const name of this.#place.names) {
      const read = this.#read.get(name);
      if (read === undefined || read !== (await signatureAt(join(this.#place.folder, name)))) changed.push(name);
    }
    this.#waiting = changed.reverse();
  }

  /** The next log; `undefined` after the last one. */
  async next(): Promise<Stop | undefined> {
    const name = this.#waiting.pop();
    if (name === undefined) return undefined;
    const at = await this.#position(name);
    if (at) return { at };
    const unpacked = name.endsWith('.gz') ? await this.#position(name.slice(0, -'.gz'.length)) : undefined;
    return unpacked ? { at: { ...unpacked, file: name }, guessed: true } : { at: beginning(name) };
  }

  /** Goes to this place before all else. */
  goTo(at: LineCursor): void {
    this.#waiting.push(at.file);
    this.keep(at);
  }

  /** Remembers how far a log has been read; `signature` when that was its end. */
  keep(at: LineCursor, signature?: string): void {
    this.#known.set(at.file, at);
    if (signature === undefined) this.#read.delete(at.file);
    else this.#read.set(at.file, signature);
  }

  async #position(name: string): Promise<LineCursor | undefined> {
    const known = this.#known.get(name);
    if (known) return known;
    const position = await this.positionOf?.(name);
    return position && { ...lineCursor(position), file: name };
  }
}
