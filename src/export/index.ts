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

/** Progress of an export. */
export interface Exported {
  hosts: number;
  /** All hosts are from one snapshot. */
  oneMoment: boolean;
}

/**
 * Exports hosts as text, ordered by id, one batch at a time: only one batch is in memory, however slow the reader is. Updates
 * `exported` with each batch.
 */
export async function* exportHosts(
  store: Store,
  name: FormatName,
  wanted: HostsWanted,
  exported: Exported,
): AsyncGenerator<string> {
  const format: Format = FORMATS[name];
  if (format.begin !== undefined) yield format.begin;
  const onSnapshotLost = () => void (exported.oneMoment = false);
  for await (const hosts of goldenHosts(store, wanted, onSnapshotLost)) {
    exported.hosts += hosts.length;
    yield format.batch(hosts);
  }
}
