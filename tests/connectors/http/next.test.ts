import { header, keyset, link, pageNumber, token, type HttpInputOptions } from '../../../src/connectors/http/index.js';
import { keysOf, pathText } from '../../../src/connectors/http/path.js';
import type { Cursor } from '../../../src/model/source.js';
import { sendJson, sendText, serve, type Responder, type HttpServer } from '../../support/http-server.js';
import { collect, readableInput, type ReadableInput } from './collect.js';

/** Listings in which a page refers to the next page, and numbered pages: the records read, and the reported doubts. */
let server: HttpServer;
afterEach(async () => server?.close());

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => ({ id: from + at }));

function input<Position extends Cursor>(
  options: Pick<HttpInputOptions<Position>, 'paging'> & Partial<HttpInputOptions<Position>>,
): ReadableInput {
  return readableInput<Position>({
    source: 'acme',
    base: `${server.url}/api`,
    auth: header('token', 'SECRET-canary'),
    request: (position) => ({ method: 'GET', path: '/items', query: position as Record<string, string> }),
    envelope: { records: 'items', values: { next: 'next' } },
    ...options,
  });
}

/** Serves one page after the other. `lead` gives the fields that refer to the next page. */
const book = (pages: unknown[][], lead: (at: number) => Record<string, unknown>): Responder => {
  return ({ query }, response) => {
    const at = Number(query.get('token') ?? 0);
    sendJson(response, { items: pages[at], ...(at + 1 < pages.length ? lead(at + 1) : {}) });
  };
};

test('the listing continues after one or several empty pages with a next token', async () => {
  server = await serve(book([ids(0, 2), [], [], ids(2, 4), [], ids(4, 5)], (next) => ({ next })));
  const { rows, pages, failure } = await collect(input({ paging: token({ limit: 2, next: 'next' }) }));
  expect(failure).toBeUndefined();
  expect(rows).toEqual(ids(0, 5));
  for (const { next } of pages.slice(0, -1)) {
    const rest = await collect(input({ paging: token({ limit: 2, next: 'next' }) }), {
      from: JSON.parse(JSON.stringify(next)),
    });
    expect(rest.pages.at(-1)!.next).toBeNull();
  }
});

test.each([
  ['tokens', (at: number) => ({ next: `t${at}` }), () => token({ limit: 2, next: 'next' })],
  [
    'ids',
    (at: number) => ({ next: true, last: at }),
    () => keyset({ limit: 2, more: 'next', last: 'last', idOf: () => undefined }),
  ],
])('endless empty pages, each with new %s, are a loop', async (_title, lead, paging) => {
  let at = 0;
  server = await serve((_request, response) => sendJson(response, { items: at === 0 ? ids(0, 2) : [], ...lead(++at) }));
  const { rows, failure } = await collect(
    input({ paging: paging() as never, envelope: { records: 'items', values: { next: 'next', last: 'last' } } }),
  );
  expect(rows).toEqual(ids(0, 2));
  expect(failure).toMatchObject({ kind: 'listing-loops', message: expect.stringContaining('empty pages') as string });
  expect(server.seen.length).toBeLessThan(110);
});

test('an empty page that refers to itself ends the listing with a doubt, unless the source declares it', async () => {
  server = await serve(({ query }, response) =>
    sendJson(response, { items: query.has('token') ? [] : ids(0, 2), next: 'a' }),
  );
  const doubted = await collect(input({ paging: token({ limit: 2, next: 'next' }) }));
  expect(doubted.pages.at(-1)).toMatchObject({ next: null, doubts: ['empty-page'] });
  const declared = await collect(input({ paging: token({ limit: 2, next: 'next', endsEmpty: true }) }));
  expect(declared.pages.at(-1)!.next).toBeNull();
  expect(declared.pages.at(-1)!.doubts).toBeUndefined();
});

test.each<[string, string | readonly string[], Record<string, unknown>]>([
  ['an escaped dot', '@odata\\.next', { '@odata.next': 1 }],
  ['a list of keys', ['@odata.next'], { '@odata.next': 1 }],
  ['a list of keys below others', ['meta.v1', 'next.page'], { 'meta.v1': { 'next.page': 1 }, meta: { v1: 0 } }],
  ['an escaped backslash', 'a\\\\.b', { 'a\\': { b: 1 } }],
  ['nested keys', 'a.b', { 'a.b': null, a: { b: 1 } }],
])('a value under %s is found', async (_title, next, fields) => {
  server = await serve(({ query }, response) =>
    sendJson(response, query.has('token') ? { items: ids(2, 3) } : { items: ids(0, 2), ...fields }),
  );
  const { rows, pages } = await collect(
    input({ paging: token({ limit: 2, next: 'next' }), envelope: { records: 'items', values: { next } } }),
  );
  expect(rows).toEqual(ids(0, 3));
  expect(pages[0]!.lacks).toBeUndefined();
  expect(keysOf(pathText(next))).toEqual(keysOf(next));
});

test('a key written with escapes is the same key, and two names may refer to one path', async () => {
  server = await serve(({ query }, response) =>
    sendText(response, query.has('token') ? '{"items":[]}' : '{"items":[{"id":0}],"\\u0040odata.next":"x"}', 200),
  );
  const values = { next: '@odata\\.next', other: ['@odata.next'] };
  const { pages } = await collect(
    input({ paging: token({ limit: 2, next: 'next' }), envelope: { records: 'items', values } }),
  );
  expect(pages).toHaveLength(2);
});

test('declared values that a page lacks are reported; null is present, and a total must be a number', async () => {
  let page: Record<string, unknown> = {};
  server = await serve((_request, response) => sendJson(response, { items: ids(0, 2), ...page }));
  const lacking = async (options: { omitted?: boolean; more?: string } = {}) => {
    const values = { next: '@odata.nextLink', total: 'total', more: { header: 'x-more' } };
    const paging = token({ limit: 3, next: 'next', ...options });
    return (await collect(input({ paging, envelope: { records: 'items', values } }))).pages[0]!.lacks;
  };
  expect(await lacking()).toEqual(['next (@odata.nextLink)', 'total (total)']);
  expect(await lacking({ omitted: true, more: 'more' })).toEqual(['more (header x-more)', 'total (total)']);
  page = { '@odata': { nextLink: null }, total: 'many' };
  expect(await lacking()).toEqual(['total (total)']);
  page['total'] = '2';
  expect(await lacking()).toBeUndefined();
});

test('a full first page without a next page is doubtful, unless it states that there is no more', async () => {
  server = await serve((_request, response) => sendJson(response, { items: ids(0, 2), next: null, more: false }));
  const first = async (limit: number, more?: string) =>
    (
      await collect(
        input({
          paging: token({ limit, next: 'next', ...(more && { more }) }),
          envelope: { records: 'items', values: { next: 'next', more: 'more' } },
        }),
      )
    ).pages[0]!.doubts;
  expect(await first(2)).toEqual(['full-page']);
  expect(await first(3)).toBeUndefined();
  expect(await first(2, 'more')).toBeUndefined();
});

test('a GraphQL cursor on the last page does not refer to a next page', async () => {
  server = await serve(({ query }, response) =>
    sendJson(response, {
      data: {
        nodes: query.has('token') ? ids(2, 3) : ids(0, 2),
        pageInfo: { endCursor: 'c', hasNextPage: !query.has('token') },
      },
    }),
  );
  const values = { next: 'data.pageInfo.endCursor', more: 'data.pageInfo.hasNextPage' };
  const paging = token({ limit: 2, next: 'next', more: 'more' });
  const { rows, failure } = await collect(input({ paging, envelope: { records: 'data.nodes', values } }));
  expect(failure).toBeUndefined();
  expect(rows).toEqual(ids(0, 3));
});

describe('links', () => {
  const linked = (): ReadableInput =>
    input({
      paging: link({ limit: 2, next: 'next' }),
      envelope: { records: 'items', values: { next: { link: 'next' } } },
    });
  /** Responds with the `Link` header that `header` returns. */
  const linkPages = (header: (at: number) => string): Responder => {
    return ({ query }, response) => {
      const at = Number(query.get('at') ?? 0);
      sendJson(response, { items: ids(2 * at, 2 * at + 2) }, 200, {
        link: at < 2 ? header(at + 1) : '</api/items>; rel="first"',
      });
    };
  };

  test.each<[string, (at: number) => string]>([
    ['absolute', (at) => `<${server.url}/api/items?at=${at}&x=a,b&x=c>; rel="next"`],
    ['a path', (at) => `</api/items?at=${at}>; rel=next; title="one, two; three"`],
    ['a query alone', (at) => `<?at=${at}>; rel="prev next"`],
    [
      'one of several',
      (at) => `</api/items?at=0>; rel="prev", <items?at=${at}>; rel="next", </api/items?at=9>; rel="last"`,
    ],
    [
      'next to one of another resource',
      (at) => `<?at=7>; rel="next"; anchor="#x", <?at=${at}>; rel="NEXT"`.replace('NEXT', 'next'),
    ],
  ])('in a Link header are followed: %s', async (_title, header) => {
    server = await serve(linkPages(header));
    const { rows, pages, failure } = await collect(linked());
    expect(failure).toBeUndefined();
    expect(rows).toEqual(ids(0, 6));
    expect(pages.every(({ lacks }) => lacks === undefined)).toBe(true);
    expect(server.seen.every(({ headers }) => headers['token'] === 'SECRET-canary')).toBe(true);
    const rest = await collect(linked(), { from: JSON.parse(JSON.stringify(pages[0]!.next)) });
    expect(rest.rows).toEqual(ids(2, 6));
  });

  test('keep their query unchanged', async () => {
    server = await serve(linkPages((at) => `<?at=${at}&filter=a%20b&filter=c+d>; rel="next"`));
    await collect(linked());
    expect(server.seen[1]!.query.getAll('filter')).toEqual(['a b', 'c d']);
  });

  test.each([
    ['another host', '<https://evil.test/api/items>; rel="next"'],
    ['another scheme', '<file:///etc/passwd>; rel="next"'],
    ['a path outside the base', '</admin?at=1>; rel="next"'],
    ['a user before the host', '<http://127.0.0.1@evil.test/api/items>; rel="next"'],
  ])('to %s are rejected before anything is sent there', async (_title, header) => {
    server = await serve(linkPages(() => header));
    const { rows, failure } = await collect(linked());
    expect(rows).toEqual(ids(0, 2));
    expect(failure?.kind).toBe('redirect-refused');
    expect(server.seen).toHaveLength(1);
  });

  test('in a missing or invalid Link header are reported as lacking', async () => {
    for (const headers of [{}, { link: 'no link' }]) {
      server = await serve((_request, response) => sendJson(response, { items: ids(0, 2) }, 200, headers as never));
      const { pages } = await collect(linked());
      expect(pages[0]!.lacks).toEqual(['next (Link header, rel=next)']);
      await server.close();
    }
  });
});

test('numbered pages end at an empty page or at the error after the last page, whatever the size of a page', async () => {
  const sizes = [2, 1, 2];
  const numbers = (first: number): Responder => {
    return ({ query }, response) => {
      const at = Number(query.get('page')) - first;
      if (at > sizes.length) return sendText(response, 'no such page', 404);
      const before = sizes.slice(0, at).reduce((sum, size) => sum + size, 0);
      sendJson(response, { items: ids(before, before + (sizes[at] ?? 0)) });
    };
  };
  for (const [first, concurrency] of [
    [1, 1],
    [0, 3],
  ] as const) {
    server = await serve(numbers(first));
    const end = { status: 404, text: 'no such page' };
    const { rows, pages, failure } = await collect(
      input({ paging: pageNumber({ limit: 2, first, concurrency, end }) }),
    );
    expect(failure).toBeUndefined();
    expect(rows).toEqual(ids(0, 5));
    expect(pages.map(({ doubts }) => doubts?.[0])).toEqual([...sizes.map(() => 'rows-may-shift'), undefined]);
    await server.close();
  }
});
