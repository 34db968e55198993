import { isDeepStrictEqual } from 'node:util';
import type { Collection, IndexDescription } from 'mongodb';
import { expectedIndexes } from '../../store/database.js';
import { attention, ok, type Check } from './check.js';

/** Checks that every collection has the indexes that `src/store` declares. */
export const indexesCheck: Check = {
  group: 'Indexes',
  async run({ store }) {
    const declared = await expectedIndexes(await store());
    const missing = await Promise.all(declared.map(([collection, indexes]) => missingOf(collection, indexes)));
    const count = declared.reduce((sum, [, indexes]) => sum + indexes.length, 0);
    const lacking = missing.flat();
    if (lacking.length === 0) return [ok(`All ${count} are there`)];
    const fix = 'A worker makes them when it starts: npm start (on large collections that takes a while)';
    if (lacking.length === count) return [attention('There are none yet', fix)];
    return [attention(`${lacking.length} of ${count} are missing: ${lacking.join('; ')}`, fix)];
  },
};

/** Missing indexes in the notation of mongosh: `records {"keys":1}`. */
async function missingOf(collection: Collection<any>, declared: readonly IndexDescription[]): Promise<string[]> {
  const there = await collection.indexes().catch((error: { code?: number }) => {
    if (error.code === 26) return []; // the collection does not exist yet
    throw error;
  });
  const found = (wanted: IndexDescription) =>
    there.some(
      ({ key, partialFilterExpression, unique }) =>
        isDeepStrictEqual(Object.entries(key), entriesOf(wanted.key)) &&
        isDeepStrictEqual(partialFilterExpression ?? {}, wanted.partialFilterExpression ?? {}) &&
        (unique ?? false) === (wanted.unique ?? false),
    );
  return declared
    .filter((index) => !found(index))
    .map(({ key }) => `${collection.collectionName} ${JSON.stringify(Object.fromEntries(entriesOf(key)))}`);
}

const entriesOf = (key: IndexDescription['key']): [string, unknown][] =>
  key instanceof Map ? [...key] : Object.entries(key);
