import type { Listing } from '../listing.js';
import { subset } from '../view.js';
import type { Criterion } from './qps-request.js';

/** Maps field names of filters to field names of records. */
const ALIASES: Record<string, string> = {
  updated: 'modified',
  update: 'modified',
  lastCheckedIn: 'agentInfo.lastCheckedIn',
};

function valueOf(record: Record<string, unknown>, field: string): string | undefined {
  let value: unknown = record;
  for (const key of (ALIASES[field] ?? field).split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  if (value !== null && typeof value === 'object') value = (value as Record<string, unknown>)['$date'];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function matches(actual: string | undefined, { operator, value }: Criterion): boolean {
  switch (operator) {
    case 'EQUALS':
      return actual === value;
    case 'NOT EQUALS':
      return actual !== value;
    case 'CONTAINS':
      return actual?.toLowerCase().includes(value.toLowerCase()) ?? false;
    // Times in ISO format have the same order as texts and as times.
    case 'GREATER':
      return actual !== undefined && actual > value;
    case 'LESSER':
      return actual !== undefined && actual < value;
    case 'AT LEAST':
      return actual !== undefined && actual >= value;
    case 'AT MOST':
      return actual !== undefined && actual <= value;
    default:
      throw new Error(`Operator ${operator} is not supported`);
  }
}

interface Kept {
  key: string;
  positions: number[];
}

/** Caches the last few filters of a listing, because a client repeats its filter with each page. */
const kept: Kept[] = [];

/** The records that meet every criterion, in listing order. Reads each record once per filter and state of the fleet. */
export function matching(listing: Listing, criteria: Criterion[]): Listing {
  const key = JSON.stringify([listing.vendor, listing.version, listing.count, criteria]);
  let found = kept.find((entry) => entry.key === key);
  if (!found) {
    found = { key, positions: [] };
    for (let position = 0; position < listing.count; position++) {
      const record = listing.plain(position);
      if (criteria.every((criterion) => matches(valueOf(record, criterion.field), criterion)))
        found.positions.push(position);
    }
    kept.unshift(found);
    kept.length = Math.min(kept.length, 4);
  }
  return subset(listing, found.positions);
}
