/** MongoDB limits a request to 16 MB, so long lists are sent in slices. */
const SLICE_BYTES = 4 * 1024 * 1024;
const SLICE_ITEMS = 20_000;

/** Splits a list so that the texts of each slice take less than 4 MB. A list that is short enough is returned as it is. */
export function* slices<Item>(list: readonly Item[], textOf: (item: Item) => string): Generator<readonly Item[]> {
  let from = 0;
  let bytes = 0;
  for (const [at, item] of list.entries()) {
    // Upper bound of the UTF-8 size, plus BSON's overhead of an element.
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
