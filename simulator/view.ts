import type { Listing } from './listing.js';

/** Views of a listing, each changed by a fault. Each view has the interface of a listing. */

export function subset(listing: Listing, positions: ArrayLike<number>): Listing {
  const at = (position: number): number => positions[position] as number;
  return {
    vendor: listing.vendor,
    count: positions.length,
    version: listing.version,
    id: (position) => listing.id(at(position)),
    after: (id) => {
      const wanted = listing.after(id);
      let position = 0;
      while (position < positions.length && at(position) < wanted) position++;
      return position;
    },
    write: (position, dialect, sink) => listing.write(at(position), dialect, sink),
    plain: (position) => listing.plain(at(position)),
  };
}

export function empty(listing: Listing): Listing {
  return subset(listing, []);
}

/** A listing without an end. After the records of the fleet it returns machines that are not in the fleet. */
export function endless(listing: Listing): Listing {
  return {
    ...listing,
    count: Number.MAX_SAFE_INTEGER,
    after: (id) => {
      const known = listing.after(id);
      if (known < listing.count) return known;
      let position = known;
      while (Number(listing.id(position)) <= Number(id)) position++;
      return position;
    },
  };
}

/** A positive `by` adds that many records before the first one. A negative `by` removes that many of the first records. */
export function shifted(listing: Listing, by: number): Listing {
  const { count } = listing;
  const at = (position: number): number => (position < by ? count + position : position - by);
  return {
    ...listing,
    count: Math.max(0, count + by),
    id: (position) => listing.id(at(position)),
    write: (position, dialect, sink) => listing.write(at(position), dialect, sink),
    plain: (position) => listing.plain(at(position)),
  };
}

/** One page of a listing: positions from `from` up to, not including, `to`. */
export interface Window {
  from: number;
  to: number;
  more: boolean;
}

/** With `repeatLast`, each request after the last page returns the last page again. */
export function windowOf(listing: Listing, start: number, limit: number, repeatLast: boolean): Window {
  const from = repeatLast && start >= listing.count ? Math.max(0, listing.count - limit) : start;
  const to = Math.min(listing.count, from + limit);
  return { from, to, more: to < listing.count || repeatLast };
}
