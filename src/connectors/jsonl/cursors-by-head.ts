import type { LineCursor } from './cursor.js';
import type { LogFile } from './file.js';

/** Finds the cursor of a file by the digest of the file's first bytes. */
export class CursorsByHead {
  /** Cursors by length and digest of the head. */
  readonly #cursors = new Map<number, Map<string, LineCursor[]>>();

  constructor(cursors: readonly LineCursor[]) {
    for (const cursor of cursors) {
      if (cursor.offset === 0) continue;
      const byDigest = this.#cursors.get(cursor.headBytes) ?? new Map<string, LineCursor[]>();
      this.#cursors.set(cursor.headBytes, byDigest);
      byDigest.set(cursor.head, [...(byDigest.get(cursor.head) ?? []), cursor]);
    }
  }

  get isEmpty(): boolean {
    return this.#cursors.size === 0;
  }

  /** The furthest cursor that is a position in `file`. */
  async find(file: LogFile): Promise<LineCursor | undefined> {
    const found: LineCursor[] = [];
    for (const [headBytes, byDigest] of this.#cursors)
      if (headBytes <= file.headBytes) found.push(...(byDigest.get(file.digest(headBytes)) ?? []));
    // Prefer the file itself to its copies.
    found.sort((a, b) => b.offset - a.offset || Number(b.inode === file.inode) - Number(a.inode === file.inode));
    for (const cursor of found) {
      const mismatch = await file.goTo(cursor);
      if (mismatch === undefined || mismatch === 'end') return cursor;
    }
    return undefined;
  }
}
