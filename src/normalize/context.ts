import type { Config } from '../config.js';
import type { Context } from './datasets/dataset.js';
import { denyListsOf } from '../host/canonical/deny-lists/index.js';
import { openOutputs, type Outputs } from '../outputs/index.js';
import { openKeyRing } from '../privacy/key-ring.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';
import { readingVersion } from './reading-version.js';

/** What a thread needs to read pages: opened once. */
export interface Reading extends Context {
  store: Store;
  sources: SourceRegistry;
  environment: Record<string, string | undefined>;
  /** The version by which pages of a source are read, see `readingVersion`. */
  versionOf: (source: string) => string;
  /** Where records go beside MongoDB. Nothing is connected to before the first of them. */
  outputs: Outputs;
}

export function openNormalizerContext(config: Config, store: Store, sources: SourceRegistry): Reading {
  return {
    store,
    sources,
    environment: config.environment,
    junk: denyListsOf(config.junk),
    keys: openKeyRing(config.keyRing),
    versionOf: (source) => readingVersion(sources, source, config.junk),
    outputs: openOutputs(config),
  };
}
