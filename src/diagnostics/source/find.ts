import { basename, extname } from 'node:path';
import type { Config } from '../../config.js';
import { Failure } from '../../model/failure.js';
import { loadSources, type SourceRegistry } from '../../sources/loading/registry.js';

/** All sources that load, and the errors of the files that do not. */
export interface Found {
  registry: SourceRegistry;
  faults: Failure[];
}

export function findSources(config: Config): Found {
  const faults: Failure[] = [];
  const registry = loadSources({ folders: config.sourceFolders, onFault: (fault) => faults.push(fault) });
  return { registry, faults };
}

/** The error of the file of source `name`, if any. */
export function faultOf({ faults }: Found, name: string): Failure | undefined {
  return faults.find(({ details: { at = '' } }) => basename(at, extname(at)) === name);
}

/**
 * Returns the source `name`. Throws the `Failure` of the source's file if the file is invalid, or a `Failure` for an unknown
 * name.
 */
export function sourceNamed(config: Config, name: string) {
  const found = findSources(config);
  const fault = faultOf(found, name);
  if (fault && !found.registry.names().includes(name)) throw fault;
  return { source: found.registry.get(name), file: found.registry.fileOf(name) };
}
