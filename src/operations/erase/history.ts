import type { ChangeDoc } from '../../store/documents/changes.js';
import type { Store } from '../../store/database.js';
import { formerIds } from '../../store/collections/hosts.js';
import type { Subject } from './subject.js';
import type { RecordDoc } from '../../store/documents/records.js';

/** Shorter texts are words that any machine may hold. */
const TELLING = 4;

/** The texts that tell these machines and their people from others. */
export function valuesOf(records: readonly RecordDoc[]): string[] {
  const values = new Set<string>();
  for (const { _id, observation } of records) {
    const { device, external_ips: external } = observation;
    const told = [_id, device.hostname, device.name, device.ip, device.mac, device.instance_uid, device.owner?.name];
    told.push(device.hw_info?.serial_number, device.hw_info?.uuid, ...external);
    for (const { ip, mac, hostname, name } of device.network_interfaces ?? []) told.push(ip, mac, hostname, name);
    for (const { uid } of device.agent_list ?? []) told.push(uid);
    for (const value of told) if (value !== undefined && value.length >= TELLING) values.add(value);
  }
  return [...values];
}

/**
 * Removes the subject's history, under former ids too: that of its hosts that are gone; of hosts that it was part of, what values they had, since those
 * may have been the subject's; of hosts that joined them or came out of them, entries that tell one of its `values`. Returns how many.
 */
export async function eraseHistory(
  store: Store,
  { ids, hosts }: Subject,
  values: readonly string[],
  dryRun: boolean,
): Promise<number> {
  if (hosts.length === 0) return 0;
  const own = new Set(ids);
  const standing = await store.hosts.find({ _id: { $in: hosts } }, { projection: { 'sources.record': 1 } }).toArray();
  const kept = standing.flatMap(({ _id, sources }) => (sources.some(({ record }) => !own.has(record)) ? _id : []));
  const gone = hosts.filter((host) => !kept.includes(host));
  for (const some of [kept, gone]) some.push(...(await formerIds(store, some)));
  const all = { $or: [{ host: { $in: gone } }, { host: { $in: kept }, kind: 'changed' as const }] };
  const related = await relatedTo(store, [...gone, ...kept]);
  const telling = await tellingEntries(store, related, values);
  if (dryRun) return (await store.changes.countDocuments(all)) + telling.length;
  const { deletedCount } = await store.changes.deleteMany(all);
  const others = await store.changes.deleteMany({ _id: { $in: telling } });
  return deletedCount + others.deletedCount;
}

/** Hosts that one of these has been one with. */
async function relatedTo(store: Store, hosts: readonly string[]): Promise<string[]> {
  const own = await store.changes.distinct('others', { host: { $in: [...hosts] } });
  const named = await store.changes.distinct('host', { others: { $in: [...hosts] } });
  const led = await store.redirects.distinct('to', { _id: { $in: [...hosts] } });
  return [...new Set([...own, ...named, ...led])].filter((host): host is string => !!host && !hosts.includes(host));
}

async function tellingEntries(store: Store, hosts: readonly string[], values: readonly string[]) {
  const found: ChangeDoc['_id'][] = [];
  if (hosts.length === 0 || values.length === 0) return found;
  for await (const { _id, fields } of store.changes.find({ host: { $in: [...hosts] }, kind: 'changed' })) {
    const text = JSON.stringify(fields);
    if (values.some((value) => text.includes(JSON.stringify(value).slice(1, -1)))) found.push(_id);
  }
  return found;
}
