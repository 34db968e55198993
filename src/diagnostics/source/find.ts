import { basename, extname } from 'node:path';
import type { Config } from '../../config.js';
import { Failure } from '../../model/failure.js';
import { loadSources, type SourceRegistry } from '../../sources/loading/registry.js';

/** All sources that can be loaded, and what is wrong with the files of the others. */
export interface Found {
  registry: SourceRegistry;
  faults: Failure[];
}

export function findSources(config: Config): Found {
  const faults: Failure[] = [];
  const registry = loadSources({ folders: config.sourceFolders, onFault: (fault) => faults.push(fault) });
  return { registry, faults };
}

/** What is wrong with the file of the source `name`, if anything. */
export function faultOf({ faults }: Found, name: string): Failure | undefined {
  return faults.find(({ details: { at = '' } }) => basename(at, extname(at)) === name);
}

/** The source `name`. Throws `Failure`: what is wrong with its file rather than that there is none. */
export function sourceNamed(config: Config, name: string) {
  const found = findSources(config);
  const fault = faultOf(found, name);
  if (fault && !found.registry.names().includes(name)) throw fault;
  return { source: found.registry.get(name), file: found.registry.fileOf(name) };
}
