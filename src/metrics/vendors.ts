import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { VENDOR_REQUESTS, type VendorRequest } from '../connectors/http/observe.js';
import { counts } from './counts.js';

/** Counts the requests to vendors from now on; returns a function that stops the counting. */
export function countVendorRequests(): () => void {
  const count = (message: unknown) => {
    const { source, seconds, status, left } = message as VendorRequest;
    counts.requests.observe({ source, status: statusClass(status) }, seconds);
    if (left !== undefined) counts.limitLeft.set({ source }, left);
  };
  subscribe(VENDOR_REQUESTS, count);
  return () => void unsubscribe(VENDOR_REQUESTS, count);
}

/** The label value of a status. There are few values: one for each status that requires a different reaction. */
function statusClass(status: number | undefined): string {
  if (status === undefined) return 'none';
  if (status === 401 || status === 403 || status === 429) return String(status);
  return `${Math.floor(status / 100)}xx`;
}
