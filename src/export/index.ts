import type { Store } from '../store/database.js';
import { goldenHosts, type HostsWanted } from '../search/golden-hosts.js';
import { csv } from './csv.js';
import { ecs } from './ecs.js';
import type { Format } from './format.js';
import { jsonl } from './jsonl.js';
import { ocsf } from './ocsf.js';

export type { HostsWanted } from '../search/golden-hosts.js';

export const FORMATS = { jsonl, csv, ocsf, ecs } as const satisfies Record<string, Format>;
export type FormatName = keyof typeof FORMATS;

/** What came of an export so far. */
export interface Exported {
  hosts: number;
  /** All hosts are as they stood at one moment. */
  oneMoment: boolean;
}

/**
 * Hosts as text, in the order of their ids, a batch at a time: as much is in memory as one batch holds, however slow the reader
 * is. `exported` is brought up to date on the way.
 */
export async function* exportHosts(
  store: Store,
  name: FormatName,
  wanted: HostsWanted,
  exported: Exported,
): AsyncGenerator<string> {
  const format: Format = FORMATS[name];
  if (format.begin !== undefined) yield format.begin;
  const onLate = () => void (exported.oneMoment = false);
  for await (const hosts of goldenHosts(store, wanted, onLate)) {
    exported.hosts += hosts.length;
    yield format.batch(hosts);
  }
}
