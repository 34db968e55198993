import { tmpdir } from 'node:os';
import { Failure } from '../model/failure.js';
import { isOwn, superseded } from './store-batch.js';
import type { EventLoad } from '../store/collections/event-loads.js';

/**
 * Converts an error of an ordered load to a `Failure`. If another attempt has taken over, any file system error becomes
 * `superseded`, because the other attempt may have removed the temporary files. Other file system errors concern temporary
 * files; the next attempt creates new ones.
 */
export async function loadFailure(
  store: Parameters<typeof isOwn>[0],
  load: EventLoad,
  error: unknown,
): Promise<unknown> {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (error instanceof Failure || code === undefined || syscall === undefined) return error;
  if (!(await isOwn(store, load))) return superseded(load._id);
  const at = tmpdir();
  const remedy =
    code === 'ENOSPC'
      ? 'Free space on its disk, or set TMPDIR to a folder with more space; the worker tries again by itself'
      : 'Set TMPDIR to a folder that the worker may write to; the worker tries again by itself';
  return new Failure(
    'server-unavailable',
    `Temporary files in ${at} failed (${code})`,
    { at, remedy },
    { cause: error },
  );
}
