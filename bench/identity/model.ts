import { hash } from 'node:crypto';
import { seedRecordOf, hostId } from '../../src/host/identity/seed-record.js';
import { identityKeys } from '../../src/host/identity/keys.js';
import type { Resolution } from '../../src/host/identity/resolution.js';
import type { HostRecord } from '../../src/host/types.js';

/** Derives the keys of each record. */
export function deriveKeys(records: readonly HostRecord[]): void {
  for (const record of records) {
    record.keys = identityKeys(record.vendor, record.id.slice(record.source.length + 1), record.observation);
  }
}

/** The index of each record's cluster. */
export function partition(records: readonly HostRecord[], { clusters }: Resolution): Int32Array {
  const place = new Map<string, number>();
  for (let at = 0; at < clusters.length; at++) for (const id of clusters[at]!.members) place.set(id, at);
  return Int32Array.from(records, ({ id }) => place.get(id) ?? -1);
}

/** A digest of all clusters with their members and host ids, independent of the order of the records. */
export function digest(records: readonly HostRecord[], { clusters }: Resolution): string {
  const byId = new Map(records.map((record) => [record.id, record]));
  const lines = clusters.map(({ members }) => {
    const seedRecord = seedRecordOf(members.map((id) => byId.get(id)!));
    return `${hostId(seedRecord.id)} ${[...members].sort().join(' ')}`;
  });
  return hash('sha256', lines.sort().join('\n'), 'hex');
}
