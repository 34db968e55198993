import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileFailure, isMissing } from './troubles.js';

const LOG = /\.(?:jsonl|ndjson)(?:\.gz)?$/;

/** UTF-8 keeps the order of code points; JavaScript's own order of strings does not. */
const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Whether `name` comes after `other` in the order in which files are read. */
export const isAfter = (name: string, other: string): boolean => byCodePoint(name, other) > 0;

/** The files that a path stands for: itself, or those of lines in it. */
export interface Place {
  folder: string;
  names: string[];
  /** The path is one file: then it has to exist. */
  single: boolean;
}

export async function placeOf(path: string): Promise<Place> {
  const single = { folder: dirname(path), names: [basename(path)], single: true };
  try {
    if (!(await stat(path)).isDirectory()) return single;
    const names = (await readdir(path)).filter((name) => LOG.test(name));
    return { folder: path, names: names.sort(byCodePoint), single: false };
  } catch (error) {
    // A log that has just been rotated away is missing for a moment.
    if (isMissing(error) && (await siblings(single.folder, basename(path))).length > 0) return single;
    throw fileFailure(error, path);
  }
}

/** Where a rotation may have put `name`: `events.jsonl.1`, `events.jsonl-20260101.gz`. */
export async function siblings(folder: string, name: string): Promise<string[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found
      .filter((entry) => entry.isFile() && entry.name !== name && entry.name.startsWith(name))
      .map((entry) => entry.name)
      .sort(byCodePoint);
  } catch (error) {
    if (isMissing(error)) return [];
    throw fileFailure(error, join(folder, name));
  }
}
