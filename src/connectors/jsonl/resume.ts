import { basename } from 'node:path';
import { beginning, type LineCursor } from './cursor.js';
import { LogFile, type Mismatch } from './file.js';
import { unpacked, type Place } from './folder.js';
import { Seen } from './seen.js';

/** Where to go on in a log. */
export interface Stop {
  at: LineCursor;
  /** Rotated files of the log that have nothing more to give; `undefined`: nothing was ever read of it, so that none has. */
  seen?: Seen;
  /** Logs of the folder that this one's file has become: if it did, the rest of it is read there. */
  moved?: readonly string[];
  /** That it is read from `at` on has to be kept, even when nothing comes after. */
  fresh?: boolean;
}

/** A file opened where reading it goes on. */
export interface Opened {
  file: LogFile;
  at: LineCursor;
  /** Known to be read to its end, without looking. */
  finished: boolean;
  /** It is not what was read before: that it begins anew has to be kept, even while it is empty. */
  anew?: boolean;
  /** It is a rotated one. `more`: the log goes on in another file, which already holds something. */
  rotated?: { more: boolean };
  seen: Seen;
  /** To be told when something is read of it. */
  warnings: string[];
  /** What was lost: to be told in any case. */
  losses: string[];
}

/**
 * Opens a log at `at`, checking by content that it still is the file that was read up to there. What was rotated away is finished
 * first, then what was rotated after it, oldest first, then the log itself. What cannot be found is named in the warnings.
 * `undefined` when there is nothing to read.
 */
export async function openAt(place: Place, { at, seen, moved = [], fresh }: Stop): Promise<Opened | undefined> {
  const { folder } = place;
  const live = await LogFile.open(folder, at.file);
  let opened: Opened | undefined;
  try {
    const mismatch = live && (await live.goTo(at));
    const isSame = live !== undefined && (mismatch === undefined || mismatch === 'end');
    const rest = await lookAt(place, at, seen, live, isSame && at.offset > 0);
    const { losses, seen: now } = rest;
    const warnings: string[] = [];
    const whole = { seen: now, warnings, losses };
    if (isSame && (at.offset > 0 || rest.unknown.length === 0)) {
      const anew = fresh || (seen === undefined && at.offset === 0);
      return (opened = { file: live, at, finished: mismatch === 'end', ...(anew && { anew }), ...whole });
    }
    let from = at;
    if (!isSame && at.offset > 0) {
      const found = await openRotated(place, at, rest);
      if (found) {
        const more = (live !== undefined && live.size > 0) || found.more;
        return { ...whole, ...found, rotated: { more } };
      }
      if (!(await isPlaceInOne(folder, moved, at))) losses.push(lost(at, mismatch as Mismatch | undefined));
      from = beginning(at.file);
    }
    const next = await openNext(place, from, rest);
    if (next) {
      const more = (live !== undefined && live.size > 0) || rest.unknown.length > 1;
      return { ...whole, ...next, rotated: { more } };
    }
    if (live) {
      await live.rewind();
      return (opened = { file: live, at: from, finished: false, anew: from !== at || seen === undefined, ...whole });
    }
    if (from === at || place.single) return undefined;
    const gone = { ...at, gone: true as const };
    return { file: LogFile.none(folder, at.file), at: gone, finished: false, anew: true, ...whole };
  } finally {
    if (live && opened?.file !== live) await live.close();
  }
}

function lost({ file, offset }: LineCursor, mismatch: Mismatch | undefined): string {
  if (mismatch === undefined)
    return `${file} is gone: ${offset} bytes of it had been read, and what came after them is lost, if there was anything`;
  const was =
    mismatch === 'replaced'
      ? `was replaced: it is not the file of which ${offset} bytes had been read`
      : `was truncated: it is ${mismatch.short} bytes and ${offset} had been read`;
  return `${file} ${was}; what came after byte ${offset} of that one is lost, if there was anything; read again from its beginning`;
}

async function isPlaceInOne(folder: string, names: readonly string[], at: LineCursor): Promise<boolean> {
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

interface Rest {
  /** Rotated files that nothing is known of, oldest first. */
  unknown: string[];
  /** All rotated files, oldest first. */
  all: string[];
  seen: Seen;
  losses: string[];
}

/** Tells known from unknown among the rotated files of a log. `settled`: the log goes on where it was, so that none of them matters. */
async function lookAt(
  { folder, rotated }: Place,
  at: LineCursor,
  known: Seen | undefined,
  live: LogFile | undefined,
  settled: boolean,
): Promise<Rest> {
  const rest: Rest = { unknown: [], all: [], seen: new Seen(), losses: [] };
  const names = rotated.get(at.file) ?? [];
  // One that is just being compressed is there twice.
  for (const name of names.filter((name) => unpacked(name) === name || !names.includes(unpacked(name)))) {
    const file = await LogFile.open(folder, name);
    if (!file) continue;
    try {
      rest.all.push(name);
      const entry = known?.take(file);
      if (entry && entry.grownBy > 0)
        rest.losses.push(
          `${basename(name)} has grown by ${entry.grownBy} bytes since it was read to its end: they are not read`,
        );
      if (entry || known === undefined || settled || (live && (await file.isCopyOf(live))))
        rest.seen.add(file, entry?.read ? file.size : undefined);
      else rest.unknown.push(name);
    } finally {
      await file.close();
    }
  }
  return rest;
}

type Found = Pick<Opened, 'file' | 'at' | 'finished' | 'warnings'>;

/** The file that `at` was made in, under the name that it has by now. */
async function openRotated(
  { folder }: Place,
  at: LineCursor,
  { unknown, all }: Rest,
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
      const said = `${at.file} was rotated: the rest of it is read from ${basename(name)} first`;
      const more = unknown.some((other) => other !== name);
      return { file, at: { ...at, in: name }, finished: mismatch === 'end', more, warnings: [said] };
    } finally {
      if (!taken) await file.close();
    }
  }
  return undefined;
}

/** The oldest file that was rotated away since, and of which nothing was read. */
async function openNext({ folder }: Place, at: LineCursor, { unknown }: Rest): Promise<Found | undefined> {
  for (const name of unknown) {
    const file = await LogFile.open(folder, name);
    if (!file) continue;
    await file.rewind();
    const warnings = [`${at.file} was rotated more than once: ${basename(name)} is read before it`];
    return { file, at: { ...at, in: name }, finished: false, warnings };
  }
  return undefined;
}
