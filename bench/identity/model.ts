import { hash } from 'node:crypto';
import { anchorOf, hostId } from '../../src/host/anchor.js';
import { identityKeys } from '../../src/host/keys.js';
import * as model from '../../src/host/resolve.js';
import type { HostRecord, Reason } from '../../src/host/types.js';

/** What the model makes of records, whichever version of it is there. */
export interface Resolved {
  clusters: readonly { members: readonly string[]; reasons: readonly Reason[] }[];
}

type Resolve = (records: readonly HostRecord[], ...more: unknown[]) => Resolved;

const { resolveAll, resolve } = model as unknown as { resolveAll?: Resolve; resolve?: Resolve };

export function resolveRecords(records: readonly HostRecord[]): Resolved {
  if (resolveAll) return resolveAll(records);
  if (resolve) return resolve(records, new Set());
  throw new Error('There is no model to resolve with');
}

/** Gives each record its keys. */
export function claim(records: readonly HostRecord[]): void {
  for (const record of records) {
    record.keys = identityKeys(record.vendor, record.id.slice(record.source.length + 1), record.observation);
  }
}

/** Numbers the clusters: the place of each record's cluster. */
export function partition(records: readonly HostRecord[], { clusters }: Resolved): Int32Array {
  const place = new Map<string, number>();
  for (let at = 0; at < clusters.length; at++) for (const id of clusters[at]!.members) place.set(id, at);
  return Int32Array.from(records, ({ id }) => place.get(id) ?? -1);
}

/** One text for all clusters with their members and ids, in no order of arrival. */
export function digest(records: readonly HostRecord[], { clusters }: Resolved): string {
  const byId = new Map(records.map((record) => [record.id, record]));
  const lines = clusters.map(({ members }) => {
    const ids = [...members].sort();
    return `${hostId(anchorOf(ids.map((id) => byId.get(id)!)).id)} ${ids.join(' ')}`;
  });
  return hash('sha256', lines.sort().join('\n'), 'hex');
}
