import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { offset } from '../../../src/connectors/http/index.js';
import { eventually } from '../../support/eventually.js';
import { sendJson, serve, type HttpServer } from '../../support/http-server.js';
import { collect, failureOf, listInput } from './collect.js';

let server: HttpServer;
let respond: (response: ServerResponse, skip: number, limit: number) => void;

beforeAll(async () => {
  server = await serve(({ query }, response) =>
    respond(response, Number(query.get('skip')), Number(query.get('limit'))),
  );
});
afterAll(async () => server.close());
beforeEach(() => {
  server.seen.length = 0;
});

// A gzip file may have any number of members, so repeating one packs 200 MB at no cost.
const member = gzipSync(Buffer.alloc(1024 * 1024, '0'));
const bomb = Buffer.concat(Array.from({ length: 200 }, () => member));
const LIMITS = { headersMs: 2000, bodyMs: 2000, idleMs: 2000, maxBytes: 1_000_000 };
const limited = (limits: Partial<typeof LIMITS>) => listInput(server.url, { limits: { ...LIMITS, ...limits } });

test('a response without headers ends at the header deadline', async () => {
  respond = () => undefined;
  const failure = await failureOf(limited({ headersMs: 150 }));
  expect(failure).toMatchObject({
    kind: 'unreachable',
    message: `${server.host}/hosts sent no response within 150 ms`,
  });
});

test('a body that trickles for ever ends at the deadline of the whole body', async () => {
  respond = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('[');
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
  const failure = await failureOf(limited({ bodyMs: 250 }));
  expect(failure).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('whole response within 250 ms'),
  });
});

test('a body that stops ends at the idle deadline, and a body that continues does not', async () => {
  respond = (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('[{"id":1},');
  };
  const failure = await failureOf(limited({ idleMs: 150 }));
  expect(failure).toMatchObject({
    kind: 'unreachable',
    message: expect.stringMatching(/sent no data for \d+ ms in the middle of its response/),
  });

  respond = (response, skip) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('[');
    let pieces = skip === 0 ? 9 : 0;
    const timer = setInterval(() => {
      if (pieces-- > 0) response.write(' ');
      else response.end(skip === 0 ? '{"id":1}]' : ']', () => clearInterval(timer));
    }, 100);
  };
  expect((await collect(limited({ idleMs: 600 }))).rows).toEqual([{ id: 1 }]);
});

test('decompression of a gzip bomb stops at the cap', async () => {
  respond = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  const before = process.memoryUsage().rss;
  const failure = await failureOf(listInput(server.url, { limits: LIMITS, paging: offset({ limit: 1 }) }));
  expect(failure).toMatchObject({
    kind: 'response-too-large',
    message: `${server.host}/hosts sent more than 1000000 bytes`,
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(80 * 1024 * 1024);
});

test('a response over the cap is requested again in smaller pages, which keep the position of the large page', async () => {
  const all = Array.from({ length: 20 }, (_, id) => ({ id, text: 'x'.repeat(1000) }));
  respond = (response, skip, limit) => sendJson(response, all.slice(skip, skip + limit));
  const input = listInput(server.url, { limits: { maxBytes: 10_000 }, paging: offset({ limit: 16, concurrency: 2 }) });
  const { pages, rows, failure } = await collect(input);
  expect(failure).toBeUndefined();
  expect(rows).toEqual(all);
  expect(pages[0]).toMatchObject({ cursor: { skip: 0, limit: 16 }, next: { skip: 4, limit: 4 }, rows: 4 });
  expect(pages[0]!.warnings?.[0]).toMatch(/sent more than 5000 bytes: requested again in smaller pages/);
  for (const [index, page] of pages.entries()) expect(pages[index + 1]?.cursor ?? null).toEqual(page.next);
});

test('a compressed body is kept as text with its digest, media type and time', async () => {
  const text = '[{"name":"Zoë"}]';
  respond = (response, skip) =>
    response
      .writeHead(200, { 'content-type': 'Application/JSON; charset=utf-8', 'content-encoding': 'gzip' })
      .end(gzipSync(skip === 0 ? text : '[]'));
  const began = Date.now();
  const [page] = (await collect(limited({}))).pages;
  expect(page!.body.toString()).toBe(text);
  expect(page!.digest).toBe(createHash('sha256').update(text).digest('hex'));
  expect(page!.mediaType).toBe('application/json');
  expect(page!.fetchedAt.getTime()).toBeGreaterThanOrEqual(began);
  expect(page!.fetchedAt.getTime()).toBeLessThanOrEqual(Date.now());
});

test('an aborted listing ends at once with the reason of its signal and closes its connections', async () => {
  let closed = 0;
  respond = (response) => response.on('close', () => (closed += 1));
  const controller = new AbortController();
  const reason = new Error('worker shuts down');
  const listing = collect(listInput(server.url, { paging: offset({ limit: 2, concurrency: 3 }) }), {
    signal: controller.signal,
  });
  const ended = expect(listing).rejects.toBe(reason);
  await eventually('three requests', () => server.seen.length === 3);
  controller.abort(reason);
  await ended;
  await eventually(
    'the end of each',
    () => closed,
    (ends) => ends === 3,
  );
  expect(server.seen).toHaveLength(3);
  await expect(collect(limited({}), { signal: controller.signal })).rejects.toBe(reason);
  expect(server.seen).toHaveLength(3);
});

test('a caller that stops aborts the requests in flight', async () => {
  let closed = 0;
  respond = (response, skip) => {
    if (skip === 0) return sendJson(response, [{ id: 0 }, { id: 1 }]);
    response.on('close', () => (closed += 1));
  };
  const input = listInput(server.url, { paging: offset({ limit: 2, concurrency: 3 }) });
  for await (const page of input.pages(null, { signal: new AbortController().signal, more: () => true })) {
    expect(page.rows).toBe(2);
    break;
  }
  await eventually(
    'the end of each',
    () => closed,
    (ends) => ends === 2,
  );
});

test('the path of the base URL precedes the path of the request', async () => {
  respond = (response) => sendJson(response, []);
  await collect(listInput(`${server.url}/proxy/v1/`));
  expect(server.seen[0]!.path).toBe('/proxy/v1/hosts');
});
