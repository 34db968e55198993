import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyRun } from '../../src/operations/verify/verify.js';
import type { SourceAccount } from '../../src/model/run.js';
import { sendJson, sendText, serve, type Answerer, type HttpServer } from '../support/http-server.js';
import { openPipeline, type Pipeline } from '../support/pipeline.js';

/** What a listing has to prove before anything is retired by it: sources of a user's own, over real HTTP. */
jest.setTimeout(120_000);

const source = (name: string, imports: string, request: string, paging: string, envelope: string, more = '') => `
import { ${imports}, RecordRejected, defineSource, header, httpInput, setting } from 'rollcall';
export default defineSource({
  name: '${name}', vendor: 'shelf', dataset: 'hosts', docs: 'https://shelf.test/api',
  settings: { url: setting.url('SHELF_URL', { help: 'base URL' }) },
  listing: 'full', mapping: 1,
  map(raw) {
    const { id } = Object(raw);
    if (!id) throw new RecordRejected('id is missing');
    return { id: String(id), observation: { device: { type_id: 0, hostname: 'host-' + id }, class: 'machine', external_ips: [], tags: [] } };
  },
  input: ({ url }) => httpInput({
    source: '${name}', base: url, auth: header('token', 'x'),
    request: (position) => ({ method: 'GET', path: '/items', query: ${request} }),
    paging: ${paging}, envelope: { records: 'items', values: ${envelope} }, ${more}
  }),
});
`;

const SOURCES: Record<string, string> = {
  tokens: source(
    'tokens',
    'token',
    '{ ...position }',
    `token({ limit: 2, next: 'next' })`,
    `{ next: 'next', total: 'total' }`,
    `refusals: [{ status: 400, body: /expired/, continued: true, kind: 'cursor-expired' }]`,
  ),
  dots: source(
    'dots',
    'token',
    '{ ...position }',
    `token({ limit: 100, next: 'next' })`,
    `{ next: '@odata.nextLink' }`,
  ),
  named: source(
    'named',
    'token',
    '{ ...position }',
    `token({ limit: 100, next: 'next' })`,
    `{ next: ['@odata.nextLink'] }`,
  ),
  offsets: source('offsets', 'offset', '{ ...position }', 'offset({ limit: 2 })', `{ total: 'total' }`),
  numbers: source('numbers', 'pageNumber', '{ ...position }', 'pageNumber({ limit: 2 })', '{}'),
};

let folder: string;
let server: HttpServer;
let pipeline: Pipeline;
let answer: Answerer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-proof-'));
  for (const [name, text] of Object.entries(SOURCES)) writeFileSync(join(folder, `${name}.ts`), text);
  server = await serve((request, response) => answer(request, response));
  pipeline = await openPipeline({ ROLLCALL_SOURCES: folder, SHELF_URL: server.url, ROLLCALL_SHRINK_SHARE: '0.9' });
});
afterAll(async () => {
  await pipeline?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const name of ['records', 'pages', 'runs', 'hosts', 'sources', 'quarantine', 'bodies'])
    await pipeline.store.db.collection(name).deleteMany({});
});

const hosts = (...ids: (number | string)[]) => ids.map((id) => ({ id }));
const run = async (name: string): Promise<SourceAccount> =>
  (await pipeline.collect({ sources: [name], force: true })).sources[name]!;
const gone = async () =>
  (
    await pipeline.store.records
      .find({ gone_at: { $exists: true } })
      .sort({ _id: 1 })
      .toArray()
  ).map(({ _id }) => _id);

type Page = { items: unknown[]; next?: unknown; total?: number };
/** Serves pages by the token that the one before gave: its number. */
const pages = (...all: Page[]): Answerer => {
  return ({ query }, response) => sendJson(response, all[Number(query.get('token') ?? 0)]);
};

const FOUR = pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(3, 4), total: 4 });

test('an empty page with a next token in mid-listing loses nothing', async () => {
  answer = pages(
    { items: hosts(1, 2), next: 1, total: 4 },
    { items: [], next: 2, total: 4 },
    { items: hosts(3, 4), total: 4 },
  );
  expect(await run('tokens')).toMatchObject({ status: 'complete', records: 4, new: 4 });
});

test.each<[string, Answerer, Partial<SourceAccount> & { reason?: unknown }]>([
  [
    'fewer records than announced',
    pages({ items: hosts(1, 2), total: 4 }),
    {
      status: 'partial',
      records: 2,
      reason: expect.stringMatching(/total-short\): 4 records were announced and 2 came; nothing was retired/),
    },
  ],
  [
    'none of those announced',
    pages({ items: [], total: 4 }),
    { status: 'failed', records: 0, reason: expect.stringContaining('total-short') },
  ],
  [
    'the same record twice in place of another',
    pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(2, 3), total: 4 }),
    { status: 'partial', records: 3, reason: expect.stringContaining('total-short') },
  ],
  [
    'more records than announced',
    pages({ items: hosts(1, 2), next: 1, total: 3 }, { items: hosts(3, 5), total: 3 }),
    { status: 'partial', records: 4, reason: expect.stringContaining('total-long') },
  ],
  [
    'a total that was on no page',
    pages({ items: hosts(1, 2), next: 1 }, { items: hosts(3), next: null }),
    { status: 'partial', reason: expect.stringContaining('value-not-found): no page held total (total)') },
  ],
  [
    'a total that changes',
    pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(3), total: 3 }),
    { status: 'complete', held: 1, gone: 0, reason: expect.stringMatching(/announced size went from 3 to 4/) },
  ],
])('%s retires nothing and is said', async (_title, second, expected) => {
  answer = FOUR;
  expect(await run('tokens')).toMatchObject({ status: 'complete', records: 4 });
  answer = second;
  expect(await run('tokens')).toMatchObject({ gone: 0, ...expected });
  expect(await gone()).toEqual([]);
});

test('what two listings in a row lack is gone, although both moved', async () => {
  answer = FOUR;
  await run('tokens');
  answer = pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(3), total: 3 });
  await run('tokens');
  answer = pages({ items: hosts(1, 5), next: 1, total: 2 }, { items: hosts(3), total: 3 });
  expect(await run('tokens')).toMatchObject({ status: 'complete', gone: 1, held: 1, new: 1 });
  expect(await gone()).toEqual(['tokens:4']);
});

test('a next link under a key with a dot that the definition does not name is a doubt; named as one key, it is followed', async () => {
  answer = ({ query }, response) => {
    const at = Number(query.get('token') ?? 0);
    sendJson(response, {
      items: hosts(...[1, 2, 3, 4, 5, 6, 7, 8, 9].slice(at, at + 2)),
      ...(at + 2 < 9 ? { '@odata.nextLink': at + 2 } : {}),
    });
  };
  expect(await run('named')).toMatchObject({ status: 'complete', records: 9 });
  const doubted = await run('dots');
  expect(doubted).toMatchObject({ status: 'partial', records: 2, gone: 0 });
  expect(doubted.reason).toMatch(/value-not-found\): no page held next \(@odata\.nextLink\), so there may be more/);
  expect(doubted.remedy).toMatch(/source file/);
  expect(await pipeline.store.sources.findOne({ _id: 'dots', last_complete: { $exists: true } })).toBeNull();
});

/** A listing by position over `listed`, which changes once the first page was given out. */
const moving = (
  listed: (number | string)[],
  change: (listed: (number | string)[]) => (number | string)[],
  total: boolean,
): Answerer => {
  let now = listed;
  return ({ query }, response) => {
    const skip = query.has('skip') ? Number(query.get('skip')) : (Number(query.get('page')) - 1) * 2;
    sendJson(response, { items: hosts(...now.slice(skip, skip + 2)), ...(total ? { total: now.length } : {}) });
    if (skip === 0) now = change(now);
  };
};
const still = (listed: (number | string)[], total: boolean) => moving(listed, (all) => all, total);

test.each<[string, string, boolean, (listed: (number | string)[]) => (number | string)[]]>([
  ['by offset, one of the first page is deleted', 'offsets', true, ([, ...rest]) => rest],
  [
    'by offset, one is deleted and another added, so that the total stays',
    'offsets',
    true,
    ([, ...rest]) => [...rest, 9],
  ],
  ['by number, one of the first page is deleted', 'numbers', false, ([, ...rest]) => rest],
  ['by number, the order changes', 'numbers', false, ([a, b, c, d, e]) => [c!, d!, a!, b!, e!]],
])('%s: a machine that is hidden by it is not gone', async (_title, name, total, change) => {
  const all = [1, 2, 3, 4, 5];
  answer = still(all, total);
  expect(await run(name)).toMatchObject({ status: 'complete', records: 5 });
  answer = moving(all, change, total);
  expect((await run(name)).gone).toBe(0);
  expect(await gone()).toEqual([]);
  answer = still(all, total);
  expect(await run(name)).toMatchObject({ status: 'complete', gone: 0 });
  expect(await gone()).toEqual([]);
});

test('a machine that leaves a listing by position is gone with the second listing that lacks it, and the first says so', async () => {
  answer = still([1, 2, 3, 4, 5], false);
  await run('numbers');
  answer = still([1, 2, 4, 5], false);
  const first = await run('numbers');
  expect(first).toMatchObject({ status: 'complete', gone: 0, held: 1 });
  expect(first.reason).toMatch(
    /1 of 5 records are missing, but they are missing for the first time from a listing by position/,
  );
  expect(first.remedy).toMatch(/runs confirm --source numbers/);
  const second = await run('numbers');
  expect(second).toMatchObject({ status: 'complete', gone: 1 });
  expect(second.held).toBeUndefined();
  expect(await gone()).toEqual(['numbers:3']);
});

test('one answer that holds the whole announced listing is proof enough', async () => {
  answer = still([1, 2], true);
  await run('offsets');
  answer = still([2], true);
  expect(await run('offsets')).toMatchObject({ status: 'complete', gone: 1 });
});

test('a token that expires in mid-run begins the listing anew, and each record is counted once', async () => {
  let expires = 0;
  const bad = [{ id: 0, name: 'no id' }];
  const all = [...hosts(1, 2), ...hosts(3), ...bad, ...hosts(5, 6)];
  answer = ({ query }, response) => {
    const at = Number(query.get('token') ?? 0);
    if (at === 4 && expires-- > 0) return sendText(response, 'The token has expired', 400);
    sendJson(response, { items: all.slice(at, at + 2), total: 6, ...(at < 4 ? { next: at + 2 } : {}) });
  };
  const expected = { status: 'complete', records: 6, quarantined: 1, repeated: 0, gone: 0 };
  expires = 2;
  const begun = await run('tokens');
  expect(begun).toMatchObject({ ...expected, new: 5, unchanged: 0, pages: 7 });
  expect(begun.warnings).toEqual([
    expect.stringMatching(/refused the cursor as expired: .*1 of 3/),
    expect.stringMatching(/2 of 3/),
  ]);
  expect(await pipeline.store.records.countDocuments()).toBe(5);
  const [doc] = await pipeline.store.runs.find().toArray();
  const rows = (await import('../../src/sources/offline.js')).offlineInput;
  const { loadSources } = await import('../../src/sources/loading/registry.js');
  const sources = loadSources({ folders: [folder] });
  const read = (_source: string, page: { media_type: string; status: number }, body: Buffer) => ({
    rows: [...rows(sources.get('tokens'), {}).rows({ body, mediaType: page.media_type, status: page.status })].length,
    eventIds: () => [],
  });
  const { findings } = await verifyRun(pipeline.store, sources, doc!, read, () => ({}) as never);
  expect(findings).toEqual([]);

  expires = 0;
  expect(await run('tokens')).toMatchObject({ ...expected, unchanged: 5 });
  expires = 99;
  const refused = await run('tokens');
  expect(refused).toMatchObject({ status: 'partial', gone: 0 });
  expect(refused.reason).toMatch(/answered 400, after the listing had begun anew 3 times/);
});
