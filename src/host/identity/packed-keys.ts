import { KEY_LIMITS } from './key-state.js';
import { kindOf, type Kind } from './facts.js';

const KINDS = Object.keys(KEY_LIMITS) as Kind[];
const KIND_MASK = 7;
const BYTES = 8;

/** A hash of 64 bits. */
export interface KeyHash {
  high: number;
  low: number;
}

/**
 * Hash of a key: 61 bits, then 3 bits with the key's kind. It needs no cryptographic hash, which takes ten times as long: when two
 * keys have the same hash, records are compared that have nothing in common, and their keys still decide.
 */
export function keyHash(key: string): KeyHash {
  // Two independent hashes of 32 bits: rotate, add the character, multiply by an odd constant.
  let high = 0x2545f491;
  let low = 0x4f6cdd1d;
  for (let at = 0; at < key.length; at += 1) {
    const code = key.charCodeAt(at);
    high = Math.imul(((high << 5) | (high >>> 27)) ^ code, 0x9e3779b1);
    low = Math.imul(((low << 7) | (low >>> 25)) ^ code, 0x85ebca77);
  }
  // The last characters have changed only the high bits so far.
  high ^= low >>> 15;
  low ^= high >>> 13;
  high = Math.imul(high, 0xc2b2ae3d);
  low = Math.imul(low, 0x27d4eb2f);
  high ^= low >>> 16;
  low ^= high >>> 14;
  return { high: high >>> 0, low: ((low & ~KIND_MASK) | KINDS.indexOf(kindOf(key))) >>> 0 };
}

/** Maximum number of holders of a key whose hash has this low half. */
export const limitOfHash = (low: number): number => KEY_LIMITS[KINDS[low & KIND_MASK]!];

/** For each record: the number of its keys in one byte, then their hashes. `undefined`: a record has more than 255 keys. */
export function packKeys(records: readonly { keys: readonly string[] }[]): Buffer | undefined {
  if (records.some(({ keys }) => keys.length > 255)) return undefined;
  const packed = Buffer.allocUnsafe(records.reduce((sum, { keys }) => sum + 1 + BYTES * keys.length, 0));
  let at = 0;
  for (const { keys } of records) {
    at = packed.writeUInt8(keys.length, at);
    for (const key of keys) {
      const { high, low } = keyHash(key);
      at = packed.writeUInt32BE(low, packed.writeUInt32BE(high, at));
    }
  }
  return packed;
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
