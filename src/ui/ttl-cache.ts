/** Calls `look` at most once in `ms`: who asks in between gets what it gave last. A failure is not kept. */
export function remembered<T>(look: () => Promise<T>, ms: number): () => Promise<T> {
  let last: { at: number; value: Promise<T> } | undefined;
  return () => {
    const now = Date.now();
    if (last && now - last.at < ms) return last.value;
    const value = look();
    const mine = { at: now, value };
    last = mine;
    value.catch(() => {
      if (last === mine) last = undefined;
    });
    return value;
  };
}
