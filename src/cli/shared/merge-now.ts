import { randomUUID } from 'node:crypto';
import type { Store } from '../../store/database.js';
import { mergeChanged, type MergeResult } from '../../merge/drain.js';
import { setAsideWarning } from '../../merge/set-aside.js';
import { printable } from '../../format/printable.js';
import { EXIT } from './exit.js';

/**
 * Merges changed records; if interrupted, the next run continues. Records that cannot be merged are named on standard error, and
 * the command ends with exit code 4. The history names `run` as the cause.
 */
export async function mergeNow(store: Store, run: string, onBatch?: (sum: MergeResult) => void): Promise<MergeResult> {
  const aside: string[] = [];
  const merged = await mergeChanged(store, {
    holder: `cli/${randomUUID()}`,
    run,
    onAside: (records) => void aside.push(...records),
    ...(onBatch ? { onBatch } : {}),
  });
  if (aside.length > 0) {
    process.stderr.write(`${printable(setAsideWarning(aside))}\n`);
    process.exitCode = EXIT.incomplete;
  }
  return merged;
}
