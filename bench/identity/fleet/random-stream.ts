import { hash } from '../../../simulator/random.js';

/** The purpose of a stream of random numbers. Streams of different purposes are independent. */
export const PURPOSE = { kind: 1, name: 2, body: 3, history: 4, sightings: 5, before: 6, account: 7, user: 8 } as const;
export type Purpose = keyof typeof PURPOSE;

/** Random numbers of one machine, always the same for (seed, slot, purpose). 64 bits of state keep the streams distinct. */
export class RandomStream {
  private state: number;
  private readonly key: number;

  constructor(
    readonly seed: number,
    readonly slot: number,
    purpose: Purpose,
  ) {
    this.state = hash(seed, slot, 1_000 + PURPOSE[purpose]);
    this.key = hash(seed ^ 0x5bd1e995, slot, 2_000 + PURPOSE[purpose]);
  }

  /** 32 random bits; the mixer is that of mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state ^ this.key;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** From 0 (included) to 1 (excluded). */
  share(): number {
    return this.next() / 4_294_967_296;
  }

  chance(rate: number): boolean {
    return this.share() < rate;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.share() * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}
