import type { Config } from '../config.js';
import type { Context } from './datasets/dataset.js';
import { denyListsOf } from '../host/canonical/deny-lists/index.js';
import { openOutputs, type Outputs } from '../outputs/index.js';
import { openKeyRing } from '../privacy/key-ring.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';
import { readingVersion } from './reading-version.js';

/** What a thread needs to normalize pages. Opened once a thread. */
export interface NormalizerContext extends Context {
  store: Store;
  sources: SourceRegistry;
  environment: Record<string, string | undefined>;
  /** The reading version of a source as it was loaded, see `readingVersion`. */
  versionOf: (source: string) => string;
  /** Where records go in addition to MongoDB. Connects at the first record. */
  outputs: Outputs;
}

export function openNormalizerContext(config: Config, store: Store, sources: SourceRegistry): NormalizerContext {
  // Now, because a file that changes later does not change the code that is loaded.
  const versions = new Map(sources.names().map((name) => [name, readingVersion(sources, name, config.junk)]));
  return {
    store,
    sources,
    environment: config.environment,
    junk: denyListsOf(config.junk),
    keys: openKeyRing(config.keyRing),
    versionOf: (source) => versions.get(source)!,
    outputs: openOutputs(config),
  };
}
