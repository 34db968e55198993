import type { Config } from '../../config.js';
import { openStore, type Store } from '../../store/database.js';

/** Opens the store, calls `work`, and closes the store even if `work` throws. */
export async function withStore(config: Config, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(config.mongodb);
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
