import type { Store } from '../../src/store/database.js';

/** What the inventory says, without when it was written: ids, values, provenance, reasons. */
export async function inventoryOf(store: Store): Promise<string[]> {
  const told: string[] = [];
  for await (const { version: _v, updated_at: _u, created: _c, ...host } of store.hosts.find().sort({ _id: 1 }))
    told.push(JSON.stringify(sorted(host)));
  return told;
}

/** Updates write fields in another order than inserts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
