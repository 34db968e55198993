/** Calls `load` at most once in `ms` milliseconds and returns the cached result in between. Failures are not cached. */
export function cached<T>(load: () => Promise<T>, ms: number): () => Promise<T> {
  let last: { at: number; value: Promise<T> } | undefined;
  return () => {
    const now = Date.now();
    if (last && now - last.at < ms) return last.value;
    const value = load();
    const mine = { at: now, value };
    last = mine;
    value.catch(() => {
      if (last === mine) last = undefined;
    });
    return value;
  };
}
