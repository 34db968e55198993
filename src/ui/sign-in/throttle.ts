const MOST_WRONG = 5;
const WINDOW_MS = 60_000;
/** Limit of stored addresses, so that an attacker with many of them cannot fill the memory. */
const MOST_ADDRESSES = 1_000;

/** Counts wrong tokens by client address: after five within a minute the client must wait. */
export class Throttle {
  private readonly wrong = new Map<string, { count: number; until: number }>();

  /** Seconds until `from` may try again; 0: now. */
  wait(from: string, now = Date.now()): number {
    const entry = this.wrong.get(from);
    if (entry === undefined || entry.until <= now || entry.count < MOST_WRONG) return 0;
    return Math.ceil((entry.until - now) / 1_000);
  }

  failed(from: string, now = Date.now()): void {
    const entry = this.wrong.get(from);
    const count = entry !== undefined && entry.until > now ? entry.count + 1 : 1;
    this.wrong.delete(from);
    this.wrong.set(from, { count, until: now + WINDOW_MS });
    if (this.wrong.size > MOST_ADDRESSES) this.wrong.delete(this.wrong.keys().next().value!);
  }
}
