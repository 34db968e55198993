import type { LogFile } from './file.js';

interface Entry {
  inode: string;
  headBytes: number;
  digest: string;
  /** Size in bytes, if the file is not compressed. */
  size?: number;
  /** The file was read to its end; `false` if it existed before reading began and was skipped. */
  read: boolean;
}

/**
 * Rotated files of a log that need not be read: files that existed before reading began, and files that were read. An entry
 * identifies one file by its first bytes, because the file may have been moved or compressed.
 */
export class FinishedFiles {
  readonly #entries: Entry[] = [];

  /** Restores the entries that `toTexts` serialized. */
  static from(texts: readonly string[]): FinishedFiles {
    const seen = new FinishedFiles();
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

  /** `readTo`: number of bytes read, if the file was read. */
  add(file: LogFile, readTo?: number): void {
    if (this.#entries.some((entry) => entry.inode === file.inode && isHead(entry, file))) return;
    const { inode, headBytes } = file;
    const digest = short(file, headBytes);
    const size = Math.max(file.size, readTo ?? 0);
    this.#entries.push({ inode, headBytes, digest, ...(file.isPacked ? {} : { size }), read: readTo !== undefined });
  }

  /**
   * Removes a file's entry and returns the number of bytes by which the file has grown since it was read; `undefined` if
   * the file has no entry.
   */
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

/**
 * An entry of an empty file matches empty files only: a file with the same inode and with content is another file, or has
 * unread content.
 */
const isHead = (entry: Entry, file: LogFile): boolean =>
  (entry.headBytes > 0 || file.headBytes === 0) &&
  file.headBytes >= entry.headBytes &&
  short(file, entry.headBytes) === entry.digest;

/** An entry of an empty file has no copies: an empty file has no content to compare, and reading it needs no work. */
const isCopy = (entry: Entry, file: LogFile): boolean =>
  entry.headBytes > 0 &&
  file.headBytes === entry.headBytes &&
  (file.isPacked || entry.size === undefined || entry.size === file.size) &&
  isHead(entry, file);
