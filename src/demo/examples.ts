import Table from 'cli-table3';
import { printable } from '../format/printable.js';
import type { HostDoc } from '../store/documents/hosts.js';
import type { Store } from '../store/database.js';

/** Finds a few example hosts, merged hosts first. */
export async function exampleHosts(store: Store, count: number): Promise<HostDoc[]> {
  const merged = await store.hosts
    .find({ 'sources.1': { $exists: true }, retired: { $exists: false } })
    .sort({ _id: 1 })
    .limit(count)
    .toArray();
  if (merged.length >= count) return [...merged.slice(0, count - 1), ...(await single(store, 1))];
  return [...merged, ...(await single(store, count - merged.length))];
}

const single = (store: Store, count: number) =>
  store.hosts
    .find({ 'sources.1': { $exists: false }, retired: { $exists: false } })
    .sort({ _id: 1 })
    .limit(count)
    .toArray();

export function exampleTable(hosts: readonly HostDoc[]): string {
  const table = new Table({
    head: ['host', 'ip', 'operating system', 'known to', 'recognised by'],
    style: { head: [], border: [] },
    colWidths: [34, 18, 30, 24, 26],
    wordWrap: true,
  });
  for (const { _id, device, sources, reasons } of hosts) {
    const levels = [...new Set(reasons.map(({ level }) => level))].join(', ');
    table.push([
      printable(device.hostname ?? device.name ?? _id),
      device.ip ?? '',
      printable(device.os?.name ?? ''),
      [...new Set(sources.map(({ source }) => source))].join(', '),
      levels || 'one record',
    ]);
  }
  return table.toString();
}
