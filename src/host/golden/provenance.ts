import { EVERYTHING_ELSE, SHARED_PATHS } from './survive.js';
import type { GoldenHost, HostSource } from './golden-host.js';

/** Returns the records that supply the value at `path` (`device.hostname`, `device.hw_info.ram_size`, `tags`); none if there is no value. */
export function suppliersOf(host: GoldenHost, path: string): HostSource[] {
  if (!hasValue(host, path)) return [];
  if (host.sources.length === 1) return host.sources;
  const covers = (named: string) => path === named || path.startsWith(`${named}.`);
  const named = host.sources.filter(({ supplies }) => supplies.some(covers));
  if (named.length > 0 || [...SHARED_PATHS].some(covers)) return named;
  return host.sources.filter(({ supplies }) => supplies.includes(EVERYTHING_ELSE));
}

function hasValue(host: GoldenHost, path: string): boolean {
  let value: unknown = host;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string, unknown>)[step];
  }
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}
