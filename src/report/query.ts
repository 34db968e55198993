import type { Collection, Document } from 'mongodb';
import type { Store } from '../store/database.js';
import type { Snapshot } from '../store/snapshot.js';

/** The collections that a report reads. */
export type Readable = 'hosts' | 'records' | 'quarantine' | 'sources' | 'runs' | 'logins' | 'eventCategories';

/** One aggregation. Its own stages must limit the number of rows. */
export interface Query {
  collection: Readable;
  pipeline: Document[];
}

/** The data that queries read: the store in one snapshot, as long as the server keeps the snapshot. */
export interface Reader {
  store: Store;
  snapshot: Partial<Snapshot>;
}

const collectionOf = (store: Store, { collection }: Query) => store[collection] as unknown as Collection;

/** The unchanged rows of a query; clean.ts must clean them before they are shown. */
export function rowsOf<Row>({ store, snapshot }: Reader, query: Query): Promise<Row[]> {
  const found = collectionOf(store, query).aggregate(query.pipeline, { ...snapshot, allowDiskUse: true });
  return found.toArray() as Promise<unknown> as Promise<Row[]>;
}

/** The query as a line for mongosh, exactly as it was run. */
export function mongoshOf(store: Store, query: Query): string {
  const name = JSON.stringify(collectionOf(store, query).collectionName);
  return `db.getCollection(${name}).aggregate(${literal(query.pipeline)}, { allowDiskUse: true })`;
}

function literal(value: unknown): string {
  if (value instanceof Date) return `ISODate(${JSON.stringify(value)})`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, inner]) => {
    const key = /^[$A-Za-z_][$\w]*$/.test(name) ? name : JSON.stringify(name);
    return `${key}: ${literal(inner)}`;
  });
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
