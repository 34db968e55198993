import { beginning, type LineCursor } from './cursor.js';
import { LogFile, type Mismatch } from './file.js';
import { siblings } from './folder.js';

/** A file opened where reading it goes on. */
export interface Opened {
  file: LogFile;
  at: LineCursor;
  /** Known to be read to its end, without looking. */
  finished: boolean;
  /** It is not what was read before: that it begins anew has to be kept, even while it is empty. */
  anew?: boolean;
  /** The log goes on in a new file of its name once this one is read. `replaced` when that one already holds something. */
  rotated?: { replaced: boolean };
  warnings: string[];
}

/**
 * Opens a log at `at`, checking that it still is the file that was read up to there. What was rotated away is finished
 * first; what was cut or replaced is read from its beginning, with a warning. `undefined` when there is no such file.
 */
export async function openAt(folder: string, at: LineCursor): Promise<Opened | undefined> {
  const file = await LogFile.open(folder, at.file);
  let found: Opened | undefined;
  try {
    const mismatch = file ? await file.goTo(at) : undefined;
    if (file && (mismatch === undefined || mismatch === 'end'))
      return (found = { file, at, finished: mismatch === 'end', warnings: [] });
    const rotated = at.offset > 0 ? await openRotated(folder, at, file !== undefined && file.size > 0) : undefined;
    if (rotated || !file) return rotated;
    await file.seek(0);
    const warnings = [`${at.file} ${lost(mismatch as Mismatch, at)}; read again from its beginning`];
    return (found = { file, at: beginning(at.file), finished: false, anew: true, warnings });
  } finally {
    if (!found) await file?.close();
  }
}

const lost = (mismatch: Mismatch, { offset }: LineCursor): string =>
  mismatch === 'replaced'
    ? `was replaced: it begins otherwise than the file of which ${offset} bytes had been read`
    : `was truncated: it is ${mismatch.short} bytes and ${offset} had been read`;

/** The file that `at` was made in, under the name that a rotation gave it. */
async function openRotated(folder: string, at: LineCursor, replaced: boolean): Promise<Opened | undefined> {
  for (const name of await siblings(folder, at.file)) {
    const file = await LogFile.open(folder, name);
    if (!file) continue;
    let taken = false;
    try {
      const mismatch = await file.goTo(at);
      if (mismatch !== undefined && mismatch !== 'end') continue;
      taken = true;
      const warnings = [`${at.file} was rotated: the rest of it is read from ${name} first`];
      return { file, at, finished: mismatch === 'end', rotated: { replaced }, warnings };
    } finally {
      if (!taken) await file.close();
    }
  }
  return undefined;
}
