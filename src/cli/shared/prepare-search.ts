import type { Store } from '../../store/database.js';
import { prepareSearch } from '../../search/search.js';

/** Delay before progress is shown, milliseconds. */
const PATIENCE = 1_000;

/**
 * Builds the search indexes. Notifies the user if that takes longer than `PATIENCE`, which happens at the first search of a
 * large inventory.
 */
export async function prepareSearchIndexes(store: Store): Promise<void> {
  const report = () => process.stderr.write('Building the search indexes; this happens once …\n');
  const timer = setTimeout(report, PATIENCE);
  try {
    await prepareSearch(store);
  } finally {
    clearTimeout(timer);
  }
}
