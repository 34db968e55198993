import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import type { Answer } from './exchange.js';

/** One request to a vendor that has ended. */
export interface VendorRequest {
  source: string;
  seconds: number;
  /** Absent: there was no whole answer. */
  status?: number;
  /** How many more requests the vendor says it takes in its window. */
  left?: number;
}

/** Node's diagnostics channel that `VendorRequest`s are published on: who measures listens, and nobody else pays for it. */
export const VENDOR_REQUESTS = 'rollcall:vendor-request';
const requests = channel(VENDOR_REQUESTS);

/** Tells of one exchange, whatever it comes to; one that we gave up ourselves is left out. */
export async function observed(source: string, signal: AbortSignal, exchange: () => Promise<Answer>): Promise<Answer> {
  if (!requests.hasSubscribers) return exchange();
  const began = performance.now();
  const tell = (answer?: Answer) => {
    const left = answer && limitLeft(answer.headers);
    requests.publish({
      source,
      seconds: (performance.now() - began) / 1000,
      ...(answer ? { status: answer.status } : {}),
      ...(left === undefined ? {} : { left }),
    } satisfies VendorRequest);
  };
  try {
    const answer = await exchange();
    tell(answer);
    return answer;
  } catch (error) {
    if (!signal.aborted) tell();
    throw error;
  }
}

/**
 * Requests left in the vendor's window. NormalizedRecord: `X-RateLimit-Remaining`, and the IETF's drafts: `RateLimit-Remaining`,
 * `RateLimit: limit=100, remaining=50` and `RateLimit: "default";r=50`. The smallest counts.
 */
export function limitLeft(headers: Headers): number | undefined {
  const told = [
    headers.get('x-ratelimit-remaining'),
    headers.get('ratelimit-remaining'),
    /\b(?:remaining|r)=\s*(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1],
  ].flatMap((text) => (text && /^\d{1,12}$/.test(text.trim()) ? Number(text) : []));
  return told.length === 0 ? undefined : Math.min(...told);
}
