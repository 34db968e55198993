import type { LogFile } from './file.js';

interface Entry {
  inode: string;
  headBytes: number;
  digest: string;
  /** On disk, of a file that is not compressed. */
  size?: number;
  /** It was read to its end, and did not just lie there before anything was read. */
  read: boolean;
}

/**
 * The rotated files of a log that have nothing more to give: those that were there before anything was read, and those that
 * were read. They are recognised by how they begin; each accounts for one file, which may have been moved or compressed.
 */
export class Seen {
  readonly #entries: Entry[] = [];

  /** `texts` as `toTexts` gave them. */
  static from(texts: readonly string[]): Seen {
    const seen = new Seen();
    for (const text of texts) {
      const [inode, headBytes, digest, size, read] = text.split('/');
      seen.#entries.push({
        inode: inode!,
        headBytes: Number(headBytes),
        digest: digest!,
        ...(size ? { size: Number(size) } : {}),
        read: read === 'r',
      });
    }
    return seen;
  }

  toTexts(): string[] {
    return this.#entries.map(({ inode, headBytes, digest, size, read }) =>
      [inode, headBytes, digest, size ?? '', read ? 'r' : ''].join('/'),
    );
  }

  /** `readTo`: how many of its bytes were read, where any were. */
  add(file: LogFile, readTo?: number): void {
    if (this.#entries.some((entry) => entry.inode === file.inode && isHead(entry, file))) return;
    const { inode, headBytes } = file;
    const digest = short(file, headBytes);
    const size = Math.max(file.size, readTo ?? 0);
    this.#entries.push({ inode, headBytes, digest, ...(file.isPacked ? {} : { size }), read: readTo !== undefined });
  }

  /** Takes the entry of a file away, and tells how much it has grown by since it was read; `undefined` when there is none. */
  take(file: LogFile): { read: boolean; grownBy: number } | undefined {
    const own = this.#entries.findIndex((entry) => entry.inode === file.inode && isHead(entry, file));
    const at = own >= 0 ? own : this.#entries.findIndex((entry) => isCopy(entry, file));
    if (at < 0) return undefined;
    const [{ read, size }] = this.#entries.splice(at, 1) as [Entry];
    const grownBy = own >= 0 && read && size !== undefined ? Math.max(0, file.size - size) : 0;
    return { read, grownBy };
  }
}

const short = (file: LogFile, length: number): string => file.digest(length).slice(0, 16);

/** An empty file has no beginning to be recognised by: one of its inode that holds something is another one, or is to be read. */
const isHead = (entry: Entry, file: LogFile): boolean =>
  (entry.headBytes > 0 || file.headBytes === 0) &&
  file.headBytes >= entry.headBytes &&
  short(file, entry.headBytes) === entry.digest;

/** Of an empty file nothing tells that another one is its copy, and reading that one costs nothing. */
const isCopy = (entry: Entry, file: LogFile): boolean =>
  entry.headBytes > 0 &&
  file.headBytes === entry.headBytes &&
  (file.isPacked || entry.size === undefined || entry.size === file.size) &&
  isHead(entry, file);
