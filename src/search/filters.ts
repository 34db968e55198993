import type { Filter } from 'mongodb';
import { Failure } from '../model/failure.js';
import type { HostDoc } from '../store/documents/hosts.js';
import type { HostQuery } from './query.js';
import { FILTERS, type FilterIndex } from './fields.js';

/** An equality filter that has an index. */
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

/** Matches a source that still lists its record. */
const listed = (source: string) => ({ $elemMatch: { source, gone: { $exists: false } } });

/**
 * Translates all filters of `query` (not its text) for MongoDB. `indexed` are the parts that have an index of their own; `others`
 * is whether there are further parts.
 */
export function filtersOf(query: HostQuery, now = new Date()): Filters {
  const parts: Filter<HostDoc>[] = [query.retired ? { retired: true } : { retired: { $exists: false } }];
  const indexed: Indexed[] = [];
  for (const [name, { path, index }] of Object.entries(FILTERS) as [keyof typeof FILTERS, FilterIndex][]) {
    const wanted = query[name];
    if (wanted === undefined || wanted === false) continue;
    const value = wanted === true ? true : textOf(wanted);
    const filter = { [path]: value } as Filter<HostDoc>;
    indexed.push({ path, index, value, filter });
    parts.push(name === 'source' ? { sources: listed(textOf(value)) } : filter);
  }
  if (query.lacks !== undefined) parts.push({ sources: { $not: listed(textOf(query.lacks)) } });
  if (query.staleDays !== undefined) parts.push({ last_seen: { $lt: new Date(now.getTime() - days(query) * DAY) } });
  const others = query.lacks !== undefined || query.staleDays !== undefined;
  return { filter: { $and: parts }, indexed, others };
}

/** Rejects objects: the value may come from a request, and MongoDB would read an object as an operator. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function days({ staleDays }: HostQuery): number {
  const count = Number(staleDays);
  if (Number.isFinite(count) && count >= 0 && count <= 36_500) return count;
  throw new Failure('settings-invalid', `${String(staleDays)} is not a number of days`);
}
