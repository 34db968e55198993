import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Far longer than any wait takes, also while other processes keep every core busy. */
const PATIENCE_MS = 540_000;

/**
 * Calls `probe` until its result fits, and returns that result. By default any truthy result fits. An error does not
 * fit. When no result fits in time, this throws with `what` and the last result.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  fits: (result: T) => unknown = (result) => result,
  everyMs = 50,
): Promise<NonNullable<T>> {
  let seen: unknown;
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(everyMs)) {
    try {
      const result = await probe();
      if (fits(result)) return result as NonNullable<T>;
      seen = result;
    } catch (error) {
      seen = error;
    }
  }
  const last = typeof seen === 'string' ? seen : inspect(seen, { depth: 6 });
  throw new Error(`Timed out waiting for ${what}; last result: ${last}`);
}
