/** A binary heap: the first item in `order` is at the top. */
export class Heap<Item> {
  readonly #items: Item[] = [];

  constructor(
    items: readonly Item[],
    private readonly order: (a: Item, b: Item) => number,
  ) {
    // A sorted list is a valid heap.
    this.#items = [...items].sort(order);
  }

  get top(): Item | undefined {
    return this.#items[0];
  }

  /** Restores the order after the top item has changed. */
  sink(): void {
    const items = this.#items;
    const item = items[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.order(items[child + 1]!, items[child]!) < 0) child += 1;
      if (this.order(item, items[child]!) <= 0) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }

  /** Removes the top item. */
  remove(): void {
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return;
    this.#items[0] = last;
    this.sink();
  }
}
