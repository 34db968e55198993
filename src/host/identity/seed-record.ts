import { hash } from 'node:crypto';
import type { HostRecord } from '../types.js';

/**
 * Returns the record from which a host's id is derived: the earliest one (first seen, id), so that the id depends neither on the
 * order of processing nor on sources that join later. Records without `first_seen_time` come last.
 */
export function seedRecordOf(members: readonly HostRecord[]): HostRecord {
  let seed: HostRecord | undefined;
  for (const member of members) if (!seed || isEarlier(member, seed)) seed = member;
  if (!seed) throw new RangeError('A host has at least one record');
  return seed;
}

/** A host's id: `h` and 80 bits of the SHA-256 of its seed record's id. */
export function hostId(seedRecordId: string): string {
  return `h${hash('sha256', seedRecordId, 'hex').slice(0, 20)}`;
}

function isEarlier(a: HostRecord, b: HostRecord): boolean {
  const left = a.observation.device.first_seen_time?.getTime() ?? Infinity;
  const right = b.observation.device.first_seen_time?.getTime() ?? Infinity;
  return left < right || (left === right && a.id < b.id);
}
