import type { HostQuery } from '../search/query.js';

/** The parameters of a search, by their names in the address. */
const TEXTS = ['source', 'lacks', 'os', 'type', 'provider', 'account', 'region', 'status', 'agent'] as const;
const MOST_TEXT = 200;

/** Parses a search from an address: `?q=web&source=qualys&stale=30`. Empty and malformed parameters are ignored. */
export function queryOf(parameters: URLSearchParams): HostQuery {
  const query: HostQuery = {};
  const text = (name: string) => parameters.get(name)?.trim().slice(0, MOST_TEXT) || undefined;
  const q = text('q');
  if (q !== undefined) query.text = q;
  for (const name of TEXTS) {
    const value = text(name);
    if (value !== undefined) query[name] = value;
  }
  const days = Number(text('stale'));
  if (days > 0 && days <= 36_500) query.staleDays = days;
  if (parameters.has('retired') && parameters.get('retired') !== '0') query.retired = true;
  return query;
}

/** The address of a search below `path`. */
export function addressOf(path: string, query: HostQuery, after?: string): string {
  const parameters = new URLSearchParams();
  if (query.text !== undefined) parameters.set('q', query.text);
  for (const name of TEXTS) if (query[name] !== undefined) parameters.set(name, query[name]);
  if (query.staleDays !== undefined) parameters.set('stale', String(query.staleDays));
  if (query.retired) parameters.set('retired', '1');
  if (after !== undefined) parameters.set('after', after);
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
