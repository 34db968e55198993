import { performance } from 'node:perf_hooks';

const FRESH_MS = 15_000;
/** What takes long is asked for less often: at most a twentieth of the time. */
const SHARE = 20;

/**
 * Gives what `ask` gave last, and asks again when that is old; `undefined` when there is no answer within `patienceMs`. However
 * many ask at once, one question is under way.
 */
export function recent<T>(ask: () => Promise<T>, patienceMs: number, freshMs = FRESH_MS): () => Promise<T | undefined> {
  let known: { value: T; until: number } | undefined;
  let asking: Promise<T | undefined> | undefined;
  const refresh = async (): Promise<T | undefined> => {
    const began = performance.now();
    try {
      const value = await ask();
      const now = performance.now();
      known = { value, until: now + Math.max(freshMs, (now - began) * SHARE) };
      return value;
    } catch {
      known = undefined;
      return undefined;
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    if (known && performance.now() < known.until) return known.value;
    asking ??= refresh();
    return within(patienceMs, asking);
  };
}

/** What comes of `work` within that time, or `undefined`. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
