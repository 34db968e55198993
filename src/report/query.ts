import type { ClientSession, Collection, Document } from 'mongodb';
import type { Store } from '../store/database.js';

/** The collections that a report reads. */
export type Readable = 'hosts' | 'records' | 'quarantine' | 'sources' | 'runs' | 'logins' | 'eventCategories';

/** One aggregation; what it returns is bounded by its own stages. */
export interface Query {
  collection: Readable;
  pipeline: Document[];
}

/** Runs queries: in one snapshot where the server gives one. */
export interface Reader {
  store: Store;
  session: ClientSession;
}

const collectionOf = (store: Store, { collection }: Query) => store[collection] as unknown as Collection;

/** The rows of a query as MongoDB has them: not fit to be shown yet, see clean.ts. */
export function rowsOf<Row>({ store, session }: Reader, query: Query): Promise<Row[]> {
  const found = collectionOf(store, query).aggregate(query.pipeline, { allowDiskUse: true, session });
  return found.toArray() as Promise<unknown> as Promise<Row[]>;
}

/** The same query as a line for mongosh: what is shown is what was run. */
export function mongoshOf(store: Store, query: Query): string {
  const name = JSON.stringify(collectionOf(store, query).collectionName);
  return `db.getCollection(${name}).aggregate(${literal(query.pipeline)}, { allowDiskUse: true })`;
}

function literal(value: unknown): string {
  if (value instanceof Date) return `ISODate(${JSON.stringify(value)})`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, inner]) => {
    const word = /^[$A-Za-z_][$\w]*$/.test(name) ? name : JSON.stringify(name);
    return `${word}: ${literal(inner)}`;
  });
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
