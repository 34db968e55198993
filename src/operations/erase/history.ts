import type { ChangeDoc } from '../../store/documents/changes.js';
import type { Store } from '../../store/database.js';
import { formerIds } from '../../store/collections/hosts.js';
import type { Subject } from './subject.js';
import { readObservation } from '../../store/stored-observation.js';
import type { RecordDoc } from '../../store/documents/records.js';

/** Shorter texts are not specific to a machine. */
const MIN_LENGTH = 4;

/** Texts that identify these machines and their users. */
export function valuesOf(records: readonly RecordDoc[]): string[] {
  const values = new Set<string>();
  for (const record of records) {
    const { device, external_ips: external } = readObservation(record);
    const texts = [
      record._id,
      device.hostname,
      device.name,
      device.ip,
      device.mac,
      device.instance_uid,
      device.owner?.name,
    ];
    texts.push(device.hw_info?.serial_number, device.hw_info?.uuid, ...external);
    for (const { ip, mac, hostname, name } of device.network_interfaces ?? []) texts.push(ip, mac, hostname, name);
    for (const { uid } of device.agent_list ?? []) texts.push(uid);
    for (const value of texts) if (value !== undefined && value.length >= MIN_LENGTH) values.add(value);
  }
  return [...values];
}

/**
 * Removes the subject's history, also under former ids. For hosts that are gone: all entries. For remaining hosts that had
 * records of the subject: entries with values, because these may be the subject's. For hosts that were merged with them or split
 * from them: entries that contain one of `values`. Returns the number of removed entries.
 */
export async function eraseHistory(
  store: Store,
  { ids, hosts }: Subject,
  values: readonly string[],
  dryRun: boolean,
): Promise<number> {
  if (hosts.length === 0) return 0;
  const own = new Set(ids);
  const existing = await store.hosts.find({ _id: { $in: hosts } }, { projection: { 'sources.record': 1 } }).toArray();
  const kept = existing.flatMap(({ _id, sources }) => (sources.some(({ record }) => !own.has(record)) ? _id : []));
  const gone = hosts.filter((host) => !kept.includes(host));
  for (const some of [kept, gone]) some.push(...(await formerIds(store, some)));
  const all = { $or: [{ host: { $in: gone } }, { host: { $in: kept }, kind: 'changed' as const }] };
  const related = await relatedTo(store, [...gone, ...kept]);
  const identifying = await entriesWith(store, related, values);
  if (dryRun) return (await store.changes.countDocuments(all)) + identifying.length;
  const { deletedCount } = await store.changes.deleteMany(all);
  const others = await store.changes.deleteMany({ _id: { $in: identifying } });
  return deletedCount + others.deletedCount;
}

/** Hosts that were merged with one of `hosts` or split from it. */
async function relatedTo(store: Store, hosts: readonly string[]): Promise<string[]> {
  const own = await store.changes.distinct('others', { host: { $in: [...hosts] } });
  const named = await store.changes.distinct('host', { others: { $in: [...hosts] } });
  const redirected = await store.redirects.distinct('to', { _id: { $in: [...hosts] } });
  return [...new Set([...own, ...named, ...redirected])].filter(
    (host): host is string => !!host && !hosts.includes(host),
  );
}

async function entriesWith(store: Store, hosts: readonly string[], values: readonly string[]) {
  const found: ChangeDoc['_id'][] = [];
  if (hosts.length === 0 || values.length === 0) return found;
  for await (const { _id, fields } of store.changes.find({ host: { $in: [...hosts] }, kind: 'changed' })) {
    const text = JSON.stringify(fields);
    if (values.some((value) => text.includes(JSON.stringify(value).slice(1, -1)))) found.push(_id);
  }
  return found;
}
