import type { Store } from '../../src/store/database.js';

/** The content of the inventory without the times of writing: ids, values, provenance, reasons. */
export async function inventoryOf(store: Store): Promise<string[]> {
  const lines: string[] = [];
  for await (const { version: _v, updated_at: _u, created: _c, ...host } of store.hosts.find().sort({ _id: 1 }))
    lines.push(JSON.stringify(sorted(host)));
  return lines;
}

/** Updates write fields in another order than inserts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
