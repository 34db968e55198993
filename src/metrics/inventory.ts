import { statfs } from 'node:fs/promises';
import { Gauge } from 'prom-client';
import type { Config } from '../config.js';
import type { Store } from '../store/database.js';
import { inventoryNumbers, type InventoryNumbers } from './inventory-numbers.js';
import { ttlCached } from './ttl-cache.js';
import { registry } from './registry.js';

const registers = [registry];
const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
  new Gauge<Label>({ name, help, labelNames, registers });

const gauges = {
  up: gauge('rollcall_mongodb_up', '1 when MongoDB responded with the numbers of the inventory, else 0'),
  hosts: gauge('rollcall_hosts', 'Hosts: live ones, and those that no source lists any more', ['state']),
  waiting: gauge('rollcall_records_waiting', 'Changed records that wait to be merged into hosts'),
  aside: gauge('rollcall_records_set_aside', 'Records that could not be merged and wait for an operator'),
  quarantine: gauge('rollcall_quarantine_rows', 'Rows in quarantine, by source and class of reason', [
    'source',
    'reason_class',
  ]),
  age: gauge('rollcall_source_age_seconds', 'Seconds since a source was last read whole', ['source']),
  parked: gauge('rollcall_source_parked', '1 where a source waits for an operator to fix its failure', ['source']),
  alerts: gauge('rollcall_alerts_waiting', 'Alerts that the webhook has not accepted yet'),
  disk: gauge('rollcall_mongodb_disk_bytes', "File system of MongoDB's data", ['state']),
  size: gauge('rollcall_mongodb_size_bytes', 'Size of the database', ['part']),
  logDisk: gauge('rollcall_log_disk_free_bytes', 'Free space of the file system of the log folder'),
};

/** How long a scrape waits for MongoDB. */
const PATIENCE_MS = 3_000;

/**
 * Returns a function that updates the inventory's gauges at each scrape. While MongoDB does not respond, the gauges are absent,
 * and `rollcall_mongodb_up` is 0.
 */
export function inventoryGauges(store: Store, config: Config, sources: readonly string[]): () => Promise<void> {
  const numbers = ttlCached(() => inventoryNumbers(store), PATIENCE_MS);
  const configured = new Set(sources);
  return async () => {
    const [now, disk] = await Promise.all([numbers(), statfs(config.log.dir).catch(() => undefined)]);
    // Synchronous from here on, because scrapes may overlap.
    for (const one of [gauges.waiting, gauges.aside, gauges.alerts, gauges.logDisk]) one.remove();
    for (const one of [gauges.hosts, gauges.quarantine, gauges.age, gauges.parked, gauges.disk, gauges.size])
      one.reset();
    gauges.up.set(now ? 1 : 0);
    if (now) show(now, configured);
    if (disk) gauges.logDisk.set(disk.bavail * disk.bsize);
  };
}

function show(
  { hosts, waiting, aside, quarantine, sources, alerts, disk }: InventoryNumbers,
  configured: Set<string>,
): void {
  gauges.hosts.set({ state: 'live' }, hosts.live);
  gauges.hosts.set({ state: 'retired' }, hosts.retired);
  gauges.waiting.set(waiting);
  gauges.aside.set(aside);
  gauges.alerts.set(alerts);
  for (const { source, completeAt, parked } of sources) {
    // A source that is no longer configured has no gauges, because it cannot be late.
    if (!configured.has(source)) continue;
    gauges.parked.set({ source }, parked ? 1 : 0);
    for (const reason_class of CLASSES) gauges.quarantine.set({ source, reason_class }, 0);
    if (completeAt) gauges.age.set({ source }, (Date.now() - completeAt.getTime()) / 1000);
  }
  for (const { source, reason, rows } of quarantine)
    gauges.quarantine.inc({ source, reason_class: classOf(reason) }, rows);
  gauges.size.set({ part: 'data' }, disk.data);
  gauges.size.set({ part: 'indexes' }, disk.indexes);
  if (disk.total !== undefined) {
    gauges.disk.set({ state: 'used' }, disk.used ?? 0);
    gauges.disk.set({ state: 'free' }, disk.total - (disk.used ?? 0));
  }
}

const CLASSES = ['mapping', 'page', 'id', 'record'] as const;

/** Maps the many reasons to few label values: a broken mapping, an unreadable page, no usable id, all else. */
export function classOf(reason: string): (typeof CLASSES)[number] {
  if (reason.startsWith('the mapping threw')) return 'mapping';
  if (/^(?:A page of |the stored body)/.test(reason)) return 'page';
  return /(?:\b|_)id\b/.test(reason) ? 'id' : 'record';
}
