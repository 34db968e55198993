import { performance } from 'node:perf_hooks';

const FRESH_MS = 15_000;
/** A slow query is repeated less often: it runs at most a twentieth of the time. */
const SHARE = 20;

/**
 * Caches the result of `ask`, and calls it again when the result is older than `freshMs`. Concurrent callers share one call.
 * Returns `undefined` when there is no result within `patienceMs`.
 */
export function ttlCached<T>(
  ask: () => Promise<T>,
  patienceMs: number,
  freshMs = FRESH_MS,
): () => Promise<T | undefined> {
  let cached: { value: T; until: number } | undefined;
  let asking: Promise<T | undefined> | undefined;
  const refresh = async (): Promise<T | undefined> => {
    const began = performance.now();
    try {
      const value = await ask();
      const now = performance.now();
      cached = { value, until: now + Math.max(freshMs, (now - began) * SHARE) };
      return value;
    } catch {
      cached = undefined;
      return undefined;
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    if (cached && performance.now() < cached.until) return cached.value;
    asking ??= refresh();
    return within(patienceMs, asking);
  };
}

/** The result of `work`, or `undefined` when it takes longer than `ms`. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
