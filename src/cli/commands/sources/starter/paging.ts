import type { PagingName, Part } from './choices.js';

/**
 * What the generated source needs for its pagination: lines for `httpInput({ … })`, helper functions, and the fields of a page
 * other than its records.
 */
interface PagingPart extends Part {
  helpers: string[];
  /** Fields in addition to the list, in the fixture and in an empty page. */
  page: Record<string, unknown>;
  /** The line that declares where a page holds its records and values. */
  envelope: string;
}

const request = (given: string, query: string) => [
  `request: ({ ${given} }) => ({ method: 'GET', path: '/items', query: { ${query} } }),`,
];

const LINK = [
  `/** The vendor's link as a request below our own base URL: credentials never follow a link to another host. */`,
  'function follow(link: string, base: string): RequestTemplate {',
  '  const own = new URL(base);',
  '  const next = new URL(link, own);',
  `  const root = own.pathname.replace(/\\/+$/, '');`,
  '  if (next.origin !== own.origin || !next.pathname.startsWith(`${root}/`))',
  `    throw new Failure('redirect-refused', \`The link to the next page leads to the foreign host \${next.host}\`);`,
  `  return { method: 'GET', path: next.pathname.slice(root.length), query: Object.fromEntries(next.searchParams) };`,
  '}',
];

/** `items` is the list; page sizes come from the setting `pageSize`. */
export const PAGING_PARTS: Record<PagingName, PagingPart> = {
  offset: {
    imports: ['offset'],
    lines: [
      ...request('skip, limit', 'skip, limit'),
      'paging: offset({ limit: pageSize }), // concurrency: 4 fetches four pages at once',
    ],
    envelope: `const envelope = { records: 'items', values: { total: 'total' } };`,
    helpers: [],
    page: { total: 2 },
  },
  'page-number': {
    imports: ['offset'],
    lines: [
      '// Pages are numbered from 1. The vendor has to grant pages of this size: smaller ones would repeat.',
      ...request('skip, limit', 'page: Math.ceil(skip / limit) + 1, per_page: limit'),
      'paging: offset({ limit: pageSize }), // concurrency: 4 fetches four pages at once',
    ],
    envelope: `const envelope = { records: 'items', values: { total: 'total' } };`,
    helpers: [],
    page: { total: 2 },
  },
  cursor: {
    imports: ['token'],
    lines: [
      ...request('limit, token', 'limit, cursor: token'),
      `paging: token({ limit: pageSize, next: 'next' }), // the value of the envelope that holds the next cursor`,
    ],
    envelope: `const envelope = { records: 'items', values: { next: 'next_cursor' } };`,
    helpers: [],
    page: { next_cursor: null },
  },
  link: {
    imports: ['Failure', 'token', 'type RequestTemplate'],
    lines: [
      'request: ({ limit, token: link }) =>',
      `  link === undefined ? { method: 'GET', path: '/items', query: { limit } } : follow(link, url),`,
      `paging: token({ limit: pageSize, next: 'next' }), // the value of the envelope that holds the next page's address`,
    ],
    envelope: `const envelope = { records: 'items', values: { next: 'next' } };`,
    helpers: LINK,
    page: { next: null },
  },
  'after-id': {
    imports: ['keyset'],
    lines: [
      ...request('limit, after', `limit, after_id: after, sort: 'id'`),
      'paging: keyset({',
      '  limit: pageSize,',
      `  more: 'more',`,
      `  last: 'last',`,
      "  idOf: (record) => (Object(record) as Record<string, unknown>)['id'],",
      '}),',
    ],
    envelope: `const envelope = { records: 'items', values: { more: 'has_more', last: 'last_id' } };`,
    helpers: [],
    page: { has_more: false, last_id: null },
  },
};
