import { basename } from 'node:path';
import { beginning, type LineCursor } from './cursor.js';
import { LogFile, type Mismatch } from './file.js';
import { unpacked, type LogFiles } from './folder.js';
import { FinishedFiles } from './finished-files.js';

/** Where to resume a log. */
export interface ResumePoint {
  at: LineCursor;
  /**
   * Rotated files of the log that need not be read; `undefined` if the log was never read, so that all of its rotated files
   * are skipped.
   */
  seen?: FinishedFiles;
  /** Logs of the folder to which this log's file was renamed or copied. The rest of the file is read from them. */
  moved?: readonly string[];
  /** The position has to be stored even if no line is read after it. */
  fresh?: boolean;
}

/** A file opened at the position where reading resumes. */
export interface Opened {
  file: LogFile;
  at: LineCursor;
  /** The file was already read to its end; this is known without reading it again. */
  finished: boolean;
  /** The file is not the one read before: its new position has to be stored even while it is empty. */
  anew?: boolean;
  /** The file is a rotated one. `more`: the log continues in another file, which is not empty. */
  rotated?: { more: boolean };
  seen: FinishedFiles;
  /** Warnings to report when lines are read from the file. */
  warnings: string[];
  /** Warnings about lost content, which are reported in any case. */
  losses: string[];
}

/**
 * Opens a log at `at`, and verifies by the content that this file was read up to `at`. The order is: the rest of the file
 * that was rotated away, then files rotated after it, oldest first, then the log itself. Files that cannot be found are
 * reported in `losses`. Returns `undefined` if there is no file to read.
 */
export async function openAt(
  logs: LogFiles,
  { at, seen, moved = [], fresh }: ResumePoint,
): Promise<Opened | undefined> {
  const { folder } = logs;
  const live = await LogFile.open(folder, at.file);
  let opened: Opened | undefined;
  try {
    const mismatch = live && (await live.goTo(at));
    const isSame = live !== undefined && (mismatch === undefined || mismatch === 'end');
    const rotatedFiles = await classifyRotated(logs, at, seen, live, isSame && at.offset > 0);
    const { losses, seen: now } = rotatedFiles;
    const warnings: string[] = [];
    const common = { seen: now, warnings, losses };
    if (isSame && (at.offset > 0 || rotatedFiles.unknown.length === 0)) {
      const anew = fresh || (seen === undefined && at.offset === 0);
      return (opened = { file: live, at, finished: mismatch === 'end', ...(anew && { anew }), ...common });
    }
    let from = at;
    if (!isSame && at.offset > 0) {
      const found = await openRotated(logs, at, rotatedFiles);
      if (found) {
        const more = (live !== undefined && live.size > 0) || found.more;
        return { ...common, ...found, rotated: { more } };
      }
      if (!(await anyContains(folder, moved, at))) losses.push(lost(at, mismatch as Mismatch | undefined));
      from = beginning(at.file);
    }
    const next = await openNext(logs, from, rotatedFiles);
    if (next) {
      const more = (live !== undefined && live.size > 0) || rotatedFiles.unknown.length > 1;
      return { ...common, ...next, rotated: { more } };
    }
    if (live) {
      await live.rewind();
      return (opened = { file: live, at: from, finished: false, anew: from !== at || seen === undefined, ...common });
    }
    if (from === at || logs.single) return undefined;
    const gone = { ...at, gone: true as const };
    return { file: LogFile.none(folder, at.file), at: gone, finished: false, anew: true, ...common };
  } finally {
    if (live && opened?.file !== live) await live.close();
  }
}

function lost({ file, offset }: LineCursor, mismatch: Mismatch | undefined): string {
  if (mismatch === undefined)
    return `${file} is gone: ${offset} bytes of it had been read; later lines, if any, are lost`;
  const was =
    mismatch === 'replaced'
      ? `was replaced: it is not the file of which ${offset} bytes had been read`
      : `was truncated: it is ${mismatch.short} bytes and ${offset} had been read`;
  return `${file} ${was}; lines after byte ${offset} of the old content, if any, are lost; the file is read again from its beginning`;
}

async function anyContains(folder: string, names: readonly string[], at: LineCursor): Promise<boolean> {
  for (const name of names) {
    const file = await LogFile.open(folder, name);
    if (!file) continue;
    try {
      const mismatch = await file.goTo(at);
      if (mismatch === undefined || mismatch === 'end') return true;
    } finally {
      await file.close();
    }
  }
  return false;
}

interface RotatedFiles {
  /** Rotated files without an entry, oldest first. */
  unknown: string[];
  /** All rotated files, oldest first. */
  all: string[];
  seen: FinishedFiles;
  losses: string[];
}

/**
 * Splits the rotated files of a log into finished and unknown ones. `continuing`: the log continues in the same file, so that
 * all its rotated files count as finished.
 */
async function classifyRotated(
  { folder, rotated }: LogFiles,
  at: LineCursor,
  known: FinishedFiles | undefined,
  live: LogFile | undefined,
  continuing: boolean,
): Promise<RotatedFiles> {
  const rotatedFiles: RotatedFiles = { unknown: [], all: [], seen: new FinishedFiles(), losses: [] };
  const names = rotated.get(at.file) ?? [];
  // A file that is being compressed exists twice.
  for (const name of names.filter((name) => unpacked(name) === name || !names.includes(unpacked(name)))) {
    const file = await LogFile.open(folder, name);
    if (!file) continue;
    try {
      rotatedFiles.all.push(name);
      const entry = known?.take(file);
      if (entry && entry.grownBy > 0)
        rotatedFiles.losses.push(
          `${basename(name)} has grown by ${entry.grownBy} bytes since it was read to its end: they are not read`,
        );
      if (entry || known === undefined || continuing || (live && (await file.isCopyOf(live))))
        rotatedFiles.seen.add(file, entry?.read ? file.size : undefined);
      else rotatedFiles.unknown.push(name);
    } finally {
      await file.close();
    }
  }
  return rotatedFiles;
}

type Found = Pick<Opened, 'file' | 'at' | 'finished' | 'warnings'>;

/** Opens the file of `at` under its current name. */
async function openRotated(
  { folder }: LogFiles,
  at: LineCursor,
  { unknown, all }: RotatedFiles,
): Promise<(Found & { more: boolean }) | undefined> {
  const names = new Set([...(at.in === undefined ? [] : [at.in]), ...unknown, ...all]);
  for (const name of names) {
    const file = await LogFile.open(folder, name);
    if (!file) continue;
    let taken = false;
    try {
      const mismatch = await file.goTo(at);
      if (mismatch !== undefined && mismatch !== 'end') continue;
      taken = true;
      const warning = `${at.file} was rotated: the rest of it is read from ${basename(name)} first`;
      const more = unknown.some((other) => other !== name);
      return { file, at: { ...at, in: name }, finished: mismatch === 'end', more, warnings: [warning] };
    } finally {
      if (!taken) await file.close();
    }
  }
  return undefined;
}

/** Opens the oldest unread file that was rotated away after the last read. */
async function openNext({ folder }: LogFiles, at: LineCursor, { unknown }: RotatedFiles): Promise<Found | undefined> {
  for (const name of unknown) {
    const file = await LogFile.open(folder, name);
    if (!file) continue;
    await file.rewind();
    const warnings = [`${at.file} was rotated more than once: ${basename(name)} is read before it`];
    return { file, at: { ...at, in: name }, finished: false, warnings };
  }
  return undefined;
}
