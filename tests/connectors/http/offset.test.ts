import { offset } from '../../../src/connectors/http/index.js';
import { eventually } from '../../support/eventually.js';
import { sendJson, sendText, serve, type Responder, type HttpServer } from '../../support/http-server.js';
import { collect, listInput } from './collect.js';

const END = 'Error invalid skip/limit combo (>number of hosts)';

let server: HttpServer;
afterEach(async () => server.close());

/** Rejects every page that reaches past the end, as a whole, with an error. */
function hosts(total: number, most = Infinity): Responder {
  return ({ query }, response) => {
    const skip = Number(query.get('skip'));
    const limit = Number(query.get('limit'));
    if (skip + limit > total || limit > most) return sendText(response, END, 500);
    sendJson(response, ids(total).slice(skip, skip + limit));
  };
}

const ids = (total: number) => Array.from({ length: total }, (_, id) => ({ id }));

function input(limit: number, concurrency = 1) {
  return listInput(server.url, {
    paging: offset({ limit, concurrency, end: { status: 500, text: 'Error invalid skip/limit combo' } }),
  });
}

const asked = () => server.seen.map(({ query }) => `${query.get('skip')}+${query.get('limit')}`);

test('the seventh host is read although pages of two never reach it', async () => {
  server = await serve(hosts(7));
  const { pages, rows, failure } = await collect(input(2));
  expect(failure).toBeUndefined();
  expect(rows).toEqual(ids(7));
  expect(asked()).toEqual(['0+2', '2+2', '4+2', '6+2', '6+1', '7+1']);
  expect(pages.map((page) => [page.status, page.rows])).toEqual([
    [200, 2],
    [200, 2],
    [200, 2],
    [500, 0],
    [200, 1],
    [500, 0],
  ]);
  expect(pages.at(-1)!.next).toBeNull();
});

test('the response that ends the listing is a page with the body as received and no rows', async () => {
  server = await serve(hosts(2));
  const { pages } = await collect(input(2));
  const lastPage = pages[1]!;
  expect(lastPage.body.toString()).toBe(END);
  expect(lastPage).toMatchObject({ status: 500, rows: 0, mediaType: 'text/plain', cursor: { skip: 2, limit: 2 } });
  expect([...input(2).decode(lastPage, 'acme')]).toEqual([]);
});

test('the last 50 hosts after ten pages of 1,000 are read with a few more requests', async () => {
  server = await serve(hosts(10_050));
  const { rows } = await collect(input(1000, 4));
  expect(rows).toEqual(ids(10_050));
  expect(server.seen.length).toBeLessThanOrEqual(10 + 4 + 12);
});

test('each host arrives once and in order, for any number of hosts, page size and pages in flight', async () => {
  let total = 0;
  server = await serve((request, response) => hosts(total)(request, response));
  let listings = 0;
  for (const limit of [1, 2, 7, 16]) {
    // No hosts, one host, and numbers that are one below, equal to and one above a number of full pages.
    const edges = [1, 3].flatMap((pages) => [pages * limit - 1, pages * limit, pages * limit + 1]);
    for (total of new Set([0, 1, ...edges])) {
      const { rows, pages, failure } = await collect(input(limit, (listings++ % 3) + 1));
      expect(failure).toBeUndefined();
      expect(rows).toEqual(ids(total));
      expect(pages.map(({ next }) => next)).toEqual([...pages.slice(1).map(({ cursor }) => cursor), null]);
    }
  }
});

test('a listing can resume at every cursor, also in the middle of the incomplete last page', async () => {
  server = await serve(hosts(29));
  const { pages } = await collect(input(8));
  for (const [index, page] of pages.entries()) {
    if (page.next === null) continue;
    const rest = await collect(input(4, 3), { from: JSON.parse(JSON.stringify(page.next)) });
    const before = pages.slice(0, index + 1).reduce((sum, { rows }) => sum + rows, 0);
    expect(rest.rows).toEqual(ids(29).slice(before));
    expect(rest.pages[0]!.cursor).toEqual(page.next);
  }
});

test('a page size that the vendor rejects with its end text loses no host and gives a warning', async () => {
  server = await serve(hosts(23, 2));
  const { rows, pages } = await collect(input(10));
  expect(rows).toEqual(ids(23));
  expect(pages.flatMap(({ warnings }) => warnings ?? [])[0]).toMatch(/Pages of 10 .* set a smaller page size/);
});

test('an outage with the same status is not the end, and the end text with another status is not either', async () => {
  for (const [status, text] of [
    [500, 'Internal server error'],
    [503, END],
  ] as const) {
    server = await serve((request, response) => {
      if (request.query.get('skip') === '4') return sendText(response, text, status);
      return hosts(7)(request, response);
    });
    const { rows, failure } = await collect(input(2, 3));
    expect(rows).toEqual(ids(4));
    expect(failure).toMatchObject({ kind: 'vendor-error', details: { status } });
    await server.close();
  }
});

test('pages in flight stay within their limit and arrive in order, whichever response arrives first', async () => {
  server = await serve(async (request, response) => {
    await new Promise((resolve) => setTimeout(resolve, 30 - Number(request.query.get('skip')) * 2));
    await hosts(12)(request, response);
  });
  const { rows } = await collect(input(2, 3));
  expect(rows).toEqual(ids(12));
  expect(Math.max(...server.seen.map(({ inFlight }) => inFlight))).toBe(2);
});

test('when the caller wants no more, the pages in flight are still returned in order, and no further request starts', async () => {
  server = await serve(hosts(100));
  let allowed = 3;
  const { pages, rows } = await collect(input(2, 3), { more: () => allowed-- > 0 });
  expect(pages).toHaveLength(3);
  expect(rows).toEqual(ids(6));
  expect(server.seen).toHaveLength(3);
  expect(pages.at(-1)!.next).toEqual({ skip: 6, limit: 2 });
});

test('the input calls more() after the caller has read a page, so a caller can read one page alone', async () => {
  server = await serve(hosts(100));
  const { pages } = await collect(input(2), { more: (seen) => seen < 1 });
  expect(pages).toHaveLength(1);
  expect(server.seen).toHaveLength(1);
});

test('the next request is in flight while the caller stores a page', async () => {
  server = await serve(hosts(6));
  const options = { signal: new AbortController().signal, more: () => true };
  const pages = input(2).pages(null, options)[Symbol.asyncIterator]();
  await pages.next();
  await eventually('the request for the second page', asked, (requests) => requests.length > 1);
  expect(asked()).toEqual(['0+2', '2+2']);
  await pages.return?.(undefined);
});

test('an empty list ends the listing too, and a short page does not', async () => {
  server = await serve(({ query }, response) => {
    const skip = Number(query.get('skip'));
    sendJson(response, skip === 2 ? [{ id: 2 }] : ids(6).slice(skip, skip + 2));
  });
  const { rows, pages } = await collect(input(2));
  expect(rows).toEqual(ids(6));
  expect(pages.at(-1)).toMatchObject({ rows: 0, status: 200, next: null });
});

test('no host is lost when the vendor silently caps its pages, whatever was requested ahead', async () => {
  server = await serve(({ query }, response) => {
    const skip = Number(query.get('skip'));
    sendJson(response, ids(23).slice(skip, skip + Math.min(3, Number(query.get('limit')))));
  });
  for (const concurrency of [1, 4]) expect((await collect(input(10, concurrency))).rows).toEqual(ids(23));
});

test('a page that arrives twice is requested again, and a page that always repeats ends the listing', async () => {
  let glitches = 1;
  server = await serve((request, response) => {
    if (request.query.get('skip') === '4' && glitches-- > 0) return sendJson(response, [{ id: 2 }, { id: 3 }]);
    return hosts(8)(request, response);
  });
  expect((await collect(input(2, 2))).rows).toEqual(ids(8));

  glitches = Infinity;
  const { rows, failure } = await collect(input(2, 2));
  expect(rows).toEqual(ids(4));
  expect(failure?.kind).toBe('listing-loops');
});

test('a page that arrives in place of a later one is requested again, however far apart they are', async () => {
  const glitches = new Set(['6', '10']);
  server = await serve((request, response) => {
    if (glitches.delete(request.query.get('skip')!)) return sendJson(response, ids(2));
    return hosts(15)(request, response);
  });
  expect((await collect(input(2, 4))).rows).toEqual(ids(15));
  expect(glitches.size).toBe(0);
});

test('a caller that stops at a page leaves no request in flight', async () => {
  server = await serve(hosts(100));
  for await (const page of input(2, 3).pages(null, { signal: new AbortController().signal, more: () => true })) {
    expect(page.rows).toBe(2);
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.seen.length).toBeLessThanOrEqual(3);
});

test('a cursor of another input is rejected before any request', async () => {
  server = await serve(hosts(7));
  for (const from of [
    {},
    { skip: -1, limit: 2 },
    { skip: 0, limit: 0 },
    { skip: 0, limit: 1, most: 3 },
    { token: 'x' },
  ]) {
    const { failure } = await collect(input(2), { from });
    expect(failure?.kind).toBe('cursor-expired');
  }
  expect(server.seen).toHaveLength(0);
});
