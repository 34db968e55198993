/** What one request to MongoDB may hold is 16 MB, so lists of any length are handed over in slices. */
const SLICE_BYTES = 4 * 1024 * 1024;
const SLICE_ITEMS = 20_000;

/** Cuts a list so that the texts of each slice take less than 4 MB; one that is short enough is handed on as it is. */
export function* slices<Item>(list: readonly Item[], textOf: (item: Item) => string): Generator<readonly Item[]> {
  let from = 0;
  let bytes = 0;
  for (const [at, item] of list.entries()) {
    // As UTF-8 at most, with what BSON puts around an element.
    bytes += 3 * textOf(item).length + 16;
    if (at === from || (bytes < SLICE_BYTES && at - from < SLICE_ITEMS)) continue;
    yield list.slice(from, at);
    from = at;
    bytes = 3 * textOf(item).length + 16;
  }
  if (from === 0 && list.length > 0) yield list;
  else if (from < list.length) yield list.slice(from);
}

/** Slices of a list of ids. */
export const slicesOfIds = (ids: readonly string[]): Generator<readonly string[]> => slices(ids, (id) => id);
