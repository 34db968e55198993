import type { Store } from '../../store/database.js';
import { prepareSearch } from '../../search/search.js';

/** Milliseconds after which somebody wonders. */
const PATIENCE = 1_000;

/** Builds the indexes that looking needs, and says so where that takes a while: at first, in a large inventory. */
export async function prepareSearchIndexes(store: Store): Promise<void> {
  const say = () => process.stderr.write('Building the indexes that hosts are looked up by; this happens once …\n');
  const timer = setTimeout(say, PATIENCE);
  try {
    await prepareSearch(store);
  } finally {
    clearTimeout(timer);
  }
}
