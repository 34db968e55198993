import { hash } from 'node:crypto';
import { KEY_LIMITS } from './key-state.js';
import { kindOf, type Kind } from './facts.js';

const KINDS = Object.keys(KEY_LIMITS) as Kind[];
const KIND_MASK = 7;
const BYTES = 8;

/**
 * Hash of a key: 61 bits of SHA-256, then 3 bits with the key's kind. Two different keys of ten million have the same hash
 * with a probability of one in fifty thousand; then records are compared that have nothing in common.
 */
export function keyHash(key: string): Buffer {
  const digest = hash('sha256', key, 'buffer').subarray(0, BYTES);
  digest[BYTES - 1] = (digest[BYTES - 1]! & ~KIND_MASK) | KINDS.indexOf(kindOf(key));
  return digest;
}

/** Maximum number of holders of a key whose hash has this low half. */
export const limitOfHash = (low: number): number => KEY_LIMITS[KINDS[low & KIND_MASK]!];

/** For each record: the number of its keys in one byte, then their hashes. `undefined`: a record has more than 255 keys. */
export function packKeys(records: readonly { keys: readonly string[] }[]): Buffer | undefined {
  const parts: Buffer[] = [];
  for (const { keys } of records) {
    if (keys.length > 255) return undefined;
    parts.push(Buffer.of(keys.length));
    for (const key of keys) parts.push(keyHash(key));
  }
  return Buffer.concat(parts);
}

/**
 * Calls `each` for every key with its record's position, the high and the low half of its hash, and returns the number of
 * records; `undefined` if the bytes are cut.
 */
export function unpackKeys(
  packed: Uint8Array,
  each: (record: number, high: number, low: number) => void,
): number | undefined {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let record = 0;
  for (let at = 0; at < packed.length; record += 1) {
    const end = at + 1 + BYTES * packed[at]!;
    if (end > packed.length) return undefined;
    for (at += 1; at < end; at += BYTES) each(record, view.getUint32(at), view.getUint32(at + 4));
  }
  return record;
}
