import type { Store } from './database.js';
import { KEY_INDEX } from './indexes.js';

/**
 * Builds the index on keys unless it exists, or waits until another process has built it. A million machines take about a minute; records can be written meanwhile. When this
 * process ends, MongoDB continues to build it.
 */
export async function buildKeyIndex(store: Store): Promise<void> {
  await store.records.createIndex(KEY_INDEX.key);
}

/**
 * Starts to build it while parts of the first merge, which do not need it, are merged. A failure is of no consequence, because
 * whoever needs the index calls `buildKeyIndex`.
 */
export function startKeyIndex(store: Store): void {
  void buildKeyIndex(store).catch(() => {});
}
