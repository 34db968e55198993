import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Far beyond what anything takes, also while others keep every core busy. */
const PATIENCE_MS = 540_000;

/**
 * Asks `probe` until its answer fits (until there is one, when nothing is said), and gives that answer; an error counts as one
 * that does not fit. When that never comes, throws with what was waited for and what was seen last.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  fits: (answer: T) => unknown = (answer) => answer,
  everyMs = 50,
): Promise<NonNullable<T>> {
  let seen: unknown;
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(everyMs)) {
    try {
      const answer = await probe();
      if (fits(answer)) return answer as NonNullable<T>;
      seen = answer;
    } catch (error) {
      seen = error;
    }
  }
  const last = typeof seen === 'string' ? seen : inspect(seen, { depth: 6 });
  throw new Error(`Waited in vain for ${what}; seen last: ${last}`);
}
