import type { Fault, Protocol } from './fault.js';
import type { Effects } from './plan.js';

/** The limit that a request exceeds, and the seconds until the vendor accepts it. */
export interface Exceeded {
  cause: 'rate' | 'concurrency';
  limit: number;
  seconds: number;
}

/** Keeps the window of each protocol for the faults `rate` and `concurrency`. */
export class Limits {
  private windows = new Map<Protocol, { start: number; count: number }>();

  /** `running` includes the request itself. Concurrency takes precedence, as Qualys documents. */
  exceeded(protocol: Protocol, effects: Effects, running: number): Exceeded | undefined {
    const atOnce = effects.get('concurrency')?.limit;
    if (atOnce !== undefined && running > atOnce) return { cause: 'concurrency', limit: atOnce, seconds: 1 };
    const rate = effects.get('rate');
    return rate ? this.overRate(protocol, rate) : undefined;
  }

  private overRate(protocol: Protocol, { limit = 1, ms = 1000 }: Fault): Exceeded | undefined {
    const now = Date.now();
    let window = this.windows.get(protocol);
    if (!window || now - window.start >= ms) this.windows.set(protocol, (window = { start: now, count: 0 }));
    if (++window.count <= limit) return undefined;
    return { cause: 'rate', limit, seconds: Math.max(1, Math.ceil((window.start + ms - now) / 1000)) };
  }
}
