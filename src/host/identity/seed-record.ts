import { hash } from 'node:crypto';
import type { HostRecord } from '../types.js';

/**
 * Returns the record from which a host's id is derived: the earliest one (first seen, id), so that the id depends neither on the
 * order of processing nor on sources that join later. Records without `first_seen_time` come last.
 */
export function seedRecordOf(members: readonly HostRecord[]): HostRecord {
  let anchor: HostRecord | undefined;
  for (const member of members) if (!anchor || isEarlier(member, anchor)) anchor = member;
  if (!anchor) throw new RangeError('A host has at least one record');
  return anchor;
}

/** A host's id: `h` and 80 bits of the SHA-256 of its seed record's id. */
export function hostId(anchorRecordId: string): string {
  return `h${hash('sha256', anchorRecordId, 'hex').slice(0, 20)}`;
}

function isEarlier(a: HostRecord, b: HostRecord): boolean {
  const left = a.observation.device.first_seen_time?.getTime() ?? Infinity;
  const right = b.observation.device.first_seen_time?.getTime() ?? Infinity;
  return left < right || (left === right && a.id < b.id);
}
