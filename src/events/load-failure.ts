import { tmpdir } from 'node:os';
import { Failure } from '../model/failure.js';
import { isOwn, superseded } from './deliver.js';
import type { Delivery } from '../store/collections/deliveries.js';

/**
 * What an error of a delivery means. An attempt whose work another one has taken over is superseded, whatever it fails with: its
 * temporary files may have been cleared away. Other errors of the file system are those of temporary files; the next attempt
 * begins with new ones.
 */
export async function deliveryFailure(
  store: Parameters<typeof isOwn>[0],
  delivery: Delivery,
  error: unknown,
): Promise<unknown> {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (error instanceof Failure || code === undefined || syscall === undefined) return error;
  if (!(await isOwn(store, delivery))) return superseded(delivery._id);
  const at = tmpdir();
  const remedy =
    code === 'ENOSPC'
      ? 'Make room on its disk, or let TMPDIR name a folder with more; it is tried again by itself'
      : 'Let TMPDIR name a folder that the worker may write to; it is tried again by itself';
  return new Failure(
    'server-unavailable',
    `Temporary files in ${at} failed (${code})`,
    { at, remedy },
    { cause: error },
  );
}
