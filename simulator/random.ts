/** Deterministic numbers: everything about machine `i` is a pure function of the seed and `i`. */

/** A well-mixed unsigned 32-bit number for (seed, index, purpose); the mixer is MurmurHash3's finalizer. */
export function hash(seed: number, index: number, purpose = 0): number {
  let h = seed ^ Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(purpose + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Like `hash`, but a number from 0 (included) to 1 (excluded). */
export function share(seed: number, index: number, purpose = 0): number {
  return hash(seed, index, purpose) / 4294967296;
}

export function pick<T>(values: readonly T[], number: number): T {
  return values[number % values.length] as T;
}

/** Odd, so that multiplying by it modulo a power of two maps distinct numbers to distinct numbers. */
const SPREAD = 0x9e3779b1;
const UNSPREAD = inverse(SPREAD);

function inverse(odd: number): number {
  let x = odd;
  // Newton's iteration: each round doubles the number of correct low bits.
  for (let round = 0; round < 5; round++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x >>> 0;
}

/** Spreads indices over 32 bits without collisions, so that ids look random and are unique. */
export function spread32(index: number): number {
  return Math.imul(index + 1, SPREAD) >>> 0;
}

export function unspread32(spread: number): number {
  return (Math.imul(spread, UNSPREAD) >>> 0) - 1;
}

/** Like `spread32` over 24 bits, for the half of a MAC that follows the manufacturer's prefix. */
export function spread24(index: number): number {
  return Math.imul(index + 1, SPREAD) & 0xffffff;
}

const HEX16 = Array.from({ length: 65536 }, (_, value) => value.toString(16).padStart(4, '0'));

export function hex4(value: number): string {
  return HEX16[value & 0xffff] as string;
}

export function hex8(value: number): string {
  return (HEX16[value >>> 16] as string) + (HEX16[value & 0xffff] as string);
}

/** 32 hexadecimal digits; unique by index, because the last eight are spread without collisions. */
export function hex32(seed: number, index: number, purpose: number): string {
  return (
    hex8(hash(seed, index, purpose)) +
    hex8(hash(seed, index, purpose + 1)) +
    hex8(hash(seed, index, purpose + 2)) +
    hex8(spread32(index))
  );
}

export function uuid(seed: number, index: number, purpose: number): string {
  const b = hash(seed, index, purpose + 1);
  const c = hash(seed, index, purpose + 2);
  return `${hex8(hash(seed, index, purpose))}-${hex4(b >>> 16)}-${hex4((b & 0xfff) | 0x4000)}-${hex4(((c >>> 16) & 0xfff) | 0xa000)}-${hex4(c)}${hex8(spread32(index))}`;
}

const BASE = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Returns `length` capital letters and digits, as in serials and Windows names. At most seven of them encode the index. */
export function letters(index: number, length: number, salt = 0): string {
  let rest = spread32(index);
  let text = '';
  for (let place = 0; place < 7; place++) {
    text = (BASE[rest & 31] as string) + text;
    rest >>>= 5;
  }
  for (let place = 7; place < length; place++) text += BASE[hash(salt, index, place) & 31] as string;
  return text;
}
