import { readdir, readlink, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileFailure, isMissing } from './error-mapping.js';

const LOG = /\.(?:jsonl|ndjson)(?:\.gz)?$/;

/** Compares by code point, which is the order of the UTF-8 bytes. JavaScript compares UTF-16 units. */
export const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Whether `name` comes after `other` in the order in which files are read. */
export const isAfter = (name: string, other: string): boolean => byCodePoint(name, other) > 0;

/** The log files at a path: the file itself, or the folder's files of lines. */
export interface LogFiles {
  folder: string;
  names: string[];
  /** The path is one file, which must exist. */
  single: boolean;
  /** The other files of the folder, by the log from which each was presumably rotated. */
  rotated: ReadonlyMap<string, string[]>;
}

export async function findLogs(path: string): Promise<LogFiles> {
  const [folder, name] = [dirname(path), basename(path)];
  try {
    if ((await stat(path)).isDirectory()) return await logsInFolder(path);
    const found = [...(await previousTargets(path)), ...(await siblings(folder, name))];
    return { folder, names: [name], single: true, rotated: new Map([[name, found]]) };
  } catch (error) {
    // A log is missing for a moment during its rotation.
    if (!isMissing(error)) throw fileFailure(error, path);
    const found = await siblings(folder, name);
    if (found.length === 0) throw fileFailure(error, path);
    return { folder, names: [name], single: true, rotated: new Map([[name, found]]) };
  }
}

async function logsInFolder(folder: string): Promise<LogFiles> {
  const entries = await readdir(folder, { withFileTypes: true });
  const logs = new Set(entries.filter(({ name }) => LOG.test(name)).map(({ name }) => name));
  const rotated = new Map<string, string[]>();
  for (const entry of entries) {
    const base = /^(.*\.(?:jsonl|ndjson)(?:\.gz)?)[.\-_~]/.exec(entry.name)?.[1];
    if (!entry.isFile() || base === undefined || logs.has(entry.name)) continue;
    rotated.set(base, [...(rotated.get(base) ?? []), entry.name]);
  }
  for (const found of rotated.values()) found.sort(oldestFirst);
  // A link to a log of the same folder is not a separate log.
  for (const entry of entries.filter((entry) => entry.isSymbolicLink() && logs.has(entry.name))) {
    const target = resolve(folder, await readlink(join(folder, entry.name)));
    if (dirname(target) === resolve(folder) && logs.has(basename(target))) logs.delete(entry.name);
  }
  return { folder, names: [...logs].sort(byCodePoint), single: false, rotated };
}

/** Previous targets of a link: files in its target's folder whose names differ only in digits. Absolute paths, oldest first. */
async function previousTargets(path: string): Promise<string[]> {
  const target = await realpath(path);
  if (target === join(await realpath(dirname(path)), basename(path))) return [];
  const [folder, name] = [dirname(target), basename(target)];
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.filter(
    (entry) => entry.isFile() && entry.name !== name && digitsMasked(entry.name) === digitsMasked(name),
  );
  return found.map((entry) => join(folder, entry.name)).sort(oldestFirst);
}

/**
 * Files into which the log `name` may have been rotated, oldest first: `events.jsonl.1`, `events.jsonl-20260101.gz`,
 * `events.2026-03-01.jsonl`.
 */
async function siblings(folder: string, name: string): Promise<string[]> {
  const [, stem, ending] = /^(.*?)((?:\.[a-z]+)?(?:\.gz)?)$/i.exec(name)!;
  const isSibling = (entry: Dirent): boolean => {
    if (!entry.isFile() || entry.name === name) return false;
    if (entry.name.startsWith(name)) return true;
    if (!entry.name.startsWith(stem!) || !ending) return false;
    const more = entry.name.slice(stem!.length);
    return /^[.\-_]\d/.test(more) && unpacked(more).endsWith(unpacked(ending));
  };
  try {
    const found = (await readdir(folder, { withFileTypes: true })).filter(isSibling).map((entry) => entry.name);
    return found.sort(oldestFirst);
  } catch (error) {
    if (isMissing(error)) return [];
    throw fileFailure(error, join(folder, name));
  }
}

export const unpacked = (name: string): string => name.replace(/\.gz$/, '');

const digitsMasked = (name: string): string => unpacked(name).replace(/\d+/g, '#');

/** Compares rotated names: `.2` is older than `.1`, and 2026-03-01 is older than 2026-03-02. */
function oldestFirst(a: string, b: string): number {
  const [one, two] = [numberOf(a), numberOf(b)];
  if (one !== undefined && two !== undefined) return two - one || byCodePoint(a, b);
  // Names with dates or times sort naturally.
  return natural.compare(a, b) || byCodePoint(a, b);
}

const natural = new Intl.Collator('en', { numeric: true });

/** The number of a rotated file, up to four digits; longer numbers are dates. */
const numberOf = (name: string): number | undefined => {
  const found = /[.\-_](\d{1,4})$/.exec(unpacked(name));
  return found && !/\d{4}-\d\d-\d\d$/.test(unpacked(name)) ? Number(found[1]) : undefined;
};
