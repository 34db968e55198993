import type { Config } from '../config.js';
import type { Context } from './datasets/dataset.js';
import { denyListsOf } from '../host/canonical/deny-lists/index.js';
import { openOutputs, type Outputs } from '../outputs/index.js';
import { openKeyRing } from '../privacy/key-ring.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';
import { readingVersion } from './reading-version.js';

/** The services that a thread needs to normalize pages. Opened once per thread. */
export interface NormalizerContext extends Context {
  store: Store;
  sources: SourceRegistry;
  /** The reading version of a source as it was loaded, see `readingVersion`. */
  versionOf: (source: string) => string;
  /** The outputs that receive records in addition to MongoDB. They connect at the first record. */
  outputs: Outputs;
}

export function openNormalizerContext(config: Config, store: Store, sources: SourceRegistry): NormalizerContext {
  // Computed now, because a file that changes later does not change the loaded code.
  const versions = new Map(sources.names().map((name) => [name, readingVersion(sources, name, config.denyLists)]));
  return {
    store,
    sources,
    denyLists: denyListsOf(config.denyLists),
    keys: openKeyRing(config.keyRing),
    versionOf: (source) => versions.get(source)!,
    outputs: openOutputs(config),
  };
}
