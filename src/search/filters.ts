import type { Filter } from 'mongodb';
import { Failure } from '../model/failure.js';
import type { HostDoc } from '../store/documents/hosts.js';
import type { HostQuery } from './query.js';
import { FILTERS, type FilterIndex } from './fields.js';

/** A filter that an index answers, as an equality. */
export interface Indexed extends FilterIndex {
  value: string | true;
  filter: Filter<HostDoc>;
}

export interface Filters {
  filter: Filter<HostDoc>;
  indexed: Indexed[];
  others: boolean;
}

const DAY = 86_400_000;

/** A source's record that it still lists. */
const listed = (source: string) => ({ $elemMatch: { source, gone: { $exists: false } } });

/**
 * Everything that `query` says but its text, for MongoDB; those parts of it that an index answers alone; and whether there are
 * other parts.
 */
export function filtersOf(query: HostQuery, now = new Date()): Filters {
  const parts: Filter<HostDoc>[] = [query.retired ? { retired: true } : { retired: { $exists: false } }];
  const indexed: Indexed[] = [];
  for (const [name, { path, index }] of Object.entries(FILTERS) as [keyof typeof FILTERS, FilterIndex][]) {
    const asked = query[name];
    if (asked === undefined || asked === false) continue;
    const value = asked === true ? true : textOf(asked);
    const filter = { [path]: value } as Filter<HostDoc>;
    indexed.push({ path, index, value, filter });
    parts.push(name === 'source' ? { sources: listed(textOf(value)) } : filter);
  }
  if (query.lacks !== undefined) parts.push({ sources: { $not: listed(textOf(query.lacks)) } });
  if (query.staleDays !== undefined) parts.push({ last_seen: { $lt: new Date(now.getTime() - days(query) * DAY) } });
  const others = query.lacks !== undefined || query.staleDays !== undefined;
  return { filter: { $and: parts }, indexed, others };
}

/** Whoever calls may have it from a request: an object in its place would be an operator. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function days({ staleDays }: HostQuery): number {
  const count = Number(staleDays);
  if (Number.isFinite(count) && count >= 0 && count <= 36_500) return count;
  throw new Failure('settings-invalid', `${String(staleDays)} is no number of days`);
}
