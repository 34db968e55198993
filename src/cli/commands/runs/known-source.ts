import type { Config } from '../../../config.js';
import { loadSources } from '../../../sources/loading/registry.js';
import type { Store } from '../../../store/database.js';

/** Throws `Failure` with the nearest name for an unknown source: neither collected before nor defined here. */
export async function knownSource(store: Store, config: Config, source: string): Promise<void> {
  if (await store.sources.findOne({ _id: source }, { projection: { _id: 1 } })) return;
  loadSources({ folders: config.sourceFolders }).get(source);
}
