import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import type { HttpResponse } from './exchange.js';

/** One completed request to a vendor. */
export interface VendorRequest {
  source: string;
  seconds: number;
  /** Absent if no complete response was received. */
  status?: number;
  /** Requests left in the vendor's rate-limit window. */
  left?: number;
}

/**
 * Node's diagnostics channel for `VendorRequest`s. The metrics subscribe to it; without a subscriber, nothing is published.
 */
export const VENDOR_REQUESTS = 'rollcall:vendor-request';
const requests = channel(VENDOR_REQUESTS);

/** Publishes one exchange, successful or not. An exchange that `signal` aborted is not published. */
export async function observed(
  source: string,
  signal: AbortSignal,
  exchange: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  if (!requests.hasSubscribers) return exchange();
  const began = performance.now();
  const publish = (response?: HttpResponse) => {
    const left = response && limitLeft(response.headers);
    requests.publish({
      source,
      seconds: (performance.now() - began) / 1000,
      ...(response ? { status: response.status } : {}),
      ...(left === undefined ? {} : { left }),
    } satisfies VendorRequest);
  };
  try {
    const response = await exchange();
    publish(response);
    return response;
  } catch (error) {
    if (!signal.aborted) publish();
    throw error;
  }
}

/**
 * Requests left in the vendor's rate-limit window. Reads `X-RateLimit-Remaining`, and the IETF's drafts: `RateLimit-Remaining`,
 * `RateLimit: limit=100, remaining=50` and `RateLimit: "default";r=50`. Returns the smallest value.
 */
export function limitLeft(headers: Headers): number | undefined {
  const values = [
    headers.get('x-ratelimit-remaining'),
    headers.get('ratelimit-remaining'),
    /\b(?:remaining|r)=\s*(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1],
  ].flatMap((text) => (text && /^\d{1,12}$/.test(text.trim()) ? Number(text) : []));
  return values.length === 0 ? undefined : Math.min(...values);
}
