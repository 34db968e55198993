import { limitOfHash } from '../../host/identity/packed-keys.js';

/** A key that more records have than the limit of its kind. */
export interface PopularKey {
  high: number;
  low: number;
  /** A record that has the key. */
  record: number;
}

/** Entries of one pass. With it, a table takes about 110 MB and its entries take 35 MB. */
const MOST_ENTRIES = 4_000_000;

/**
 * Finds the components of records that share keys, from the hashes of the keys. Memory is bounded: each pass looks at a part of
 * all hashes, and the caller passes every hash in each pass.
 */
export class KeyTable {
  readonly passes: number;
  private readonly parent: Int32Array;
  private readonly mask: number;
  private readonly high: Uint32Array;
  private readonly low: Uint32Array;
  /** The first record of each slot's key; -1 if the slot is empty. */
  private readonly first: Int32Array;
  /** Number of records with the slot's key. */
  private readonly count: Uint16Array;
  private slotOf: Int32Array;
  private recordOf: Int32Array;
  private entries = 0;
  private pass = 0;

  /** `records` and `keys`: the numbers of records and of their keys. */
  constructor(records: number, keys: number, most = MOST_ENTRIES) {
    this.passes = Math.max(1, Math.ceil(keys / most));
    const perPass = Math.ceil((keys / this.passes) * 1.05) + 64;
    const slots = 2 ** Math.ceil(Math.log2(1.5 * perPass));
    this.mask = slots - 1;
    this.parent = Int32Array.from({ length: records }, (_, at) => at);
    this.high = new Uint32Array(slots);
    this.low = new Uint32Array(slots);
    this.first = new Int32Array(slots).fill(-1);
    this.count = new Uint16Array(slots);
    this.slotOf = new Int32Array(perPass);
    this.recordOf = new Int32Array(perPass);
  }

  /** Adds a key of a record. Ignores keys that belong to another pass. */
  add(record: number, high: number, low: number): void {
    if (high % this.passes !== this.pass) return;
    let slot = Math.imul(high ^ low, 0x9e3779b1) & this.mask;
    while (this.first[slot] !== -1 && (this.high[slot] !== high || this.low[slot] !== low))
      slot = (slot + 1) & this.mask;
    if (this.first[slot] === -1) {
      this.high[slot] = high;
      this.low[slot] = low;
      this.first[slot] = record;
    }
    if (this.count[slot]! < 0xffff) this.count[slot]! += 1;
    if (this.entries === this.slotOf.length) this.grow();
    this.slotOf[this.entries] = slot;
    this.recordOf[this.entries] = record;
    this.entries += 1;
  }

  /** Links the records that share a key of this pass, and begins the next pass. Returns the keys that link nothing. */
  endPass(): PopularKey[] {
    const popular: PopularKey[] = [];
    for (let slot = 0; slot <= this.mask; slot += 1) {
      if (this.count[slot]! <= limitOfHash(this.low[slot]!)) continue;
      popular.push({ high: this.high[slot]!, low: this.low[slot]!, record: this.first[slot]! });
      this.count[slot] = 0;
    }
    for (let at = 0; at < this.entries; at += 1) {
      const slot = this.slotOf[at]!;
      if (this.count[slot]! > 1) this.parent[this.find(this.recordOf[at]!)] = this.find(this.first[slot]!);
    }
    this.first.fill(-1);
    this.count.fill(0);
    this.entries = 0;
    this.pass += 1;
    return popular;
  }

  /** Yields the records in groups of whole components: a group ends when it has `least` records or more. */
  *groups(least: number): Generator<{ records: number[]; sizes: number[] }> {
    const { order, sizes } = this.byComponent();
    let group = { records: [] as number[], sizes: [] as number[] };
    let at = 0;
    for (const size of sizes) {
      for (const end = at + size; at < end; at += 1) group.records.push(order[at]!);
      group.sizes.push(size);
      if (group.records.length < least) continue;
      yield group;
      group = { records: [], sizes: [] };
    }
    if (group.records.length > 0) yield group;
  }

  /** The records sorted by component, and the components' sizes; components are in the order of their first record. */
  private byComponent(): { order: Int32Array; sizes: Int32Array } {
    const { parent } = this;
    const component = new Int32Array(parent.length).fill(-1);
    const sizes = new Int32Array(parent.length);
    let components = 0;
    for (let at = 0; at < parent.length; at += 1) {
      const root = this.find(at);
      if (component[root] === -1) component[root] = components++;
      sizes[component[root]!]! += 1;
    }
    const next = new Int32Array(components);
    for (let of = 1; of < components; of += 1) next[of] = next[of - 1]! + sizes[of - 1]!;
    const order = new Int32Array(parent.length);
    for (let at = 0; at < parent.length; at += 1) order[next[component[this.find(at)]!]!++] = at;
    return { order, sizes: sizes.subarray(0, components) };
  }

  private find(record: number): number {
    const { parent } = this;
    let at = record;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  }

  private grow(): void {
    const larger = (list: Int32Array) => {
      const copy = new Int32Array(2 * list.length);
      copy.set(list);
      return copy;
    };
    this.slotOf = larger(this.slotOf);
    this.recordOf = larger(this.recordOf);
  }
}
