import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { offlineInput } from '../../src/sources/offline.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import type { RunDoc } from '../../src/store/documents/runs.js';
import type { SourceAccount } from '../../src/model/run.js';
import { verifyRun } from '../../src/operations/verify/verify.js';
import { sendJson, sendText, serve, type Answerer, type HttpServer } from '../support/http-server.js';
import { openPipeline, type Pipeline } from '../support/pipeline.js';

/**
 * What a listing has to prove before anything is retired by it: sources of a user's own, over real HTTP. Each case is a source,
 * and all of them are collected in three runs: the first, second and third listing of each.
 */

type Way = 'tokens' | 'dots' | 'named' | 'offsets' | 'numbers';

/** Imports, paging, values of the envelope, and more of a source that lists that way. */
const WAYS: Record<Way, [string, string, string, string?]> = {
  tokens: [
    'token',
    `token({ limit: 2, next: 'next' })`,
    `{ next: 'next', total: 'total' }`,
    `refusals: [{ status: 400, body: /expired/, continued: true, kind: 'cursor-expired' }]`,
  ],
  dots: ['token', `token({ limit: 100, next: 'next' })`, `{ next: '@odata.nextLink' }`],
  named: ['token', `token({ limit: 100, next: 'next' })`, `{ next: ['@odata.nextLink'] }`],
  offsets: ['offset', 'offset({ limit: 2 })', `{ total: 'total' }`],
  numbers: ['pageNumber', 'pageNumber({ limit: 2 })', '{}'],
};

const source = (name: string, [imports, paging, envelope, more = '']: (typeof WAYS)[Way]) => `
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
    request: (position) => ({ method: 'GET', path: '/${name}', query: { ...position } }),
    paging: ${paging}, envelope: { records: 'items', values: ${envelope} }, ${more}
  }),
});
`;

const hosts = (...ids: (number | string)[]) => ids.map((id) => ({ id }));

type Page = { items: unknown[]; next?: unknown; total?: number };
/** Serves pages by the token that the one before gave: its number. */
const pages = (...all: Page[]): Answerer => {
  return ({ query }, response) => sendJson(response, all[Number(query.get('token') ?? 0)]);
};
const FOUR = pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(3, 4), total: 4 });

/** Its next link is under a key with a dot. */
const linked: Answerer = ({ query }, response) => {
  const at = Number(query.get('token') ?? 0);
  sendJson(response, {
    items: hosts(...[1, 2, 3, 4, 5, 6, 7, 8, 9].slice(at, at + 2)),
    ...(at + 2 < 9 ? { '@odata.nextLink': at + 2 } : {}),
  });
};

type Ids = (number | string)[];
/** A listing by position over `listed`, which changes once the first page was given out. */
const moving = (listed: Ids, change: (listed: Ids) => Ids, total: boolean): Answerer => {
  let now = listed;
  return ({ query }, response) => {
    const skip = query.has('skip') ? Number(query.get('skip')) : (Number(query.get('page')) - 1) * 2;
    sendJson(response, { items: hosts(...now.slice(skip, skip + 2)), ...(total ? { total: now.length } : {}) });
    if (skip === 0) now = change(now);
  };
};
const still = (listed: Ids, total: boolean) => moving(listed, (all) => all, total);

/** A listing of three pages with a record without id, whose token for the last one expires that often. */
const expiring = (times: number): Answerer => {
  let left = times;
  const all = [...hosts(1, 2), ...hosts(3), { id: 0, name: 'no id' }, ...hosts(5, 6)];
  return ({ query }, response) => {
    const at = Number(query.get('token') ?? 0);
    if (at === 4 && left-- > 0) return sendText(response, 'The token has expired', 400);
    sendJson(response, { items: all.slice(at, at + 2), total: 6, ...(at < 4 ? { next: at + 2 } : {}) });
  };
};

type Expected = Partial<Record<keyof SourceAccount, unknown>>;

/** What a second listing comes to, after a whole one of four hosts. */
const SECOND: Record<string, [string, Answerer, Expected]> = {
  fewer: [
    'fewer records than announced',
    pages({ items: hosts(1, 2), total: 4 }),
    {
      status: 'partial',
      records: 2,
      reason: expect.stringMatching(/total-short\): 4 records were announced and 2 came; nothing was retired/),
    },
  ],
  none: [
    'none of those announced',
    pages({ items: [], total: 4 }),
    { status: 'failed', records: 0, reason: expect.stringContaining('total-short') },
  ],
  twice: [
    'the same record twice in place of another',
    pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(2, 3), total: 4 }),
    { status: 'partial', records: 3, reason: expect.stringContaining('total-short') },
  ],
  more: [
    'more records than announced',
    pages({ items: hosts(1, 2), next: 1, total: 3 }, { items: hosts(3, 5), total: 3 }),
    { status: 'partial', records: 4, reason: expect.stringContaining('total-long') },
  ],
  nowhere: [
    'a total that was on no page',
    pages({ items: hosts(1, 2), next: 1 }, { items: hosts(3), next: null }),
    { status: 'partial', reason: expect.stringContaining('value-not-found): no page held total (total)') },
  ],
  changing: [
    'a total that changes',
    pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(3), total: 3 }),
    { status: 'complete', held: 1, gone: 0, reason: expect.stringMatching(/announced size went from 3 to 4/) },
  ],
};

const FIVE = [1, 2, 3, 4, 5];
/** How a listing by position moves while it is read: a machine is hidden by that. */
const MOVED: Record<string, [string, Way, boolean, (listed: Ids) => Ids]> = {
  deleted: ['by offset, one of the first page is deleted', 'offsets', true, ([, ...rest]) => rest],
  replaced: [
    'by offset, one is deleted and another added, so that the total stays',
    'offsets',
    true,
    ([, ...rest]) => [...rest, 9],
  ],
  skipped: ['by number, one of the first page is deleted', 'numbers', false, ([, ...rest]) => rest],
  reordered: ['by number, the order changes', 'numbers', false, ([a, b, c, d, e]) => [c!, d!, a!, b!, e!]],
};

const CASES: Record<string, [Way, ...Answerer[]]> = {
  ...Object.fromEntries(Object.entries(SECOND).map(([name, [, second]]) => [name, ['tokens', FOUR, second]])),
  changing: [
    'tokens',
    FOUR,
    SECOND['changing']![1],
    pages({ items: hosts(1, 5), next: 1, total: 2 }, { items: hosts(3), total: 3 }),
  ],
  ...Object.fromEntries(
    Object.entries(MOVED).map(([name, [, way, total, change]]) => [
      name,
      [way, still(FIVE, total), moving(FIVE, change, total), still(FIVE, total)],
    ]),
  ),
  hollow: [
    'tokens',
    pages(
      { items: hosts(1, 2), next: 1, total: 4 },
      { items: [], next: 2, total: 4 },
      { items: hosts(3, 4), total: 4 },
    ),
  ],
  dots: ['dots', linked],
  named: ['named', linked],
  leaving: ['numbers', still(FIVE, false), still([1, 2, 4, 5], false), still([1, 2, 4, 5], false)],
  whole: ['offsets', still([1, 2], true), still([2], true)],
  expiring: ['tokens', expiring(2), expiring(0), expiring(99)],
};

let folder: string;
let server: HttpServer;
let pipeline: Pipeline;
/** The listing that is served now, from 0. */
let turn: number;
/** What each source came to, and its records that are gone, by turn. */
const accounts: Record<string, SourceAccount>[] = [];
const gone: Record<string, string[]>[] = [];
let first: RunDoc;
let verified: Awaited<ReturnType<typeof verifyRun>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-proof-'));
  for (const [name, [way]] of Object.entries(CASES)) writeFileSync(join(folder, `${name}.ts`), source(name, WAYS[way]));
  server = await serve((request, response) => {
    const [, ...listings] = CASES[request.path.slice(1)]!;
    return listings[turn]!(request, response);
  });
  pipeline = await openPipeline({ ROLLCALL_SOURCES: folder, SHELF_URL: server.url, ROLLCALL_SHRINK_SHARE: '0.9' });
  for (turn = 0; turn < 3; turn += 1) {
    const sources = Object.keys(CASES).filter((name) => CASES[name]!.length > turn + 1);
    const summary = await pipeline.collect({ sources, force: true });
    accounts.push(summary.sources);
    const left = await pipeline.store.records
      .find({ gone_at: { $exists: true } })
      .sort({ _id: 1 })
      .toArray();
    gone.push(Object.fromEntries(sources.map((name) => [name, left.flatMap((r) => (r.source === name ? r._id : []))])));
    if (turn === 0) await verify(summary.run);
  }
});
afterAll(async () => {
  await pipeline?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function verify(run: string): Promise<void> {
  first = (await pipeline.store.runs.findOne({ _id: run }))!;
  const sources = loadSources({ folders: [folder] });
  const read: Parameters<typeof verifyRun>[3] = (name, page, body) => ({
    rows: [...offlineInput(sources.get(name), {}).rows({ body, mediaType: page.media_type, status: page.status })]
      .length,
    eventIds: () => [],
  });
  verified = await verifyRun(pipeline.store, sources, first, read, () => ({}) as never);
}

test('an empty page with a next token in mid-listing loses nothing', () => {
  expect(accounts[0]!['hollow']).toMatchObject({ status: 'complete', records: 4, new: 4 });
});

test.each(Object.entries(SECOND).map(([name, [title, , expected]]) => [title, name, expected] as const))(
  '%s retires nothing and is said',
  (_title, name, expected) => {
    expect(accounts[0]![name]).toMatchObject({ status: 'complete', records: 4 });
    expect(accounts[1]![name]).toMatchObject({ gone: 0, ...expected });
    expect(gone[1]![name]).toEqual([]);
  },
);

test('what two listings in a row lack is gone, although both moved', () => {
  expect(accounts[2]!['changing']).toMatchObject({ status: 'complete', gone: 1, held: 1, new: 1 });
  expect(gone[2]!['changing']).toEqual(['changing:4']);
});

test('a next link under a key with a dot that the definition does not name is a doubt; named as one key, it is followed', async () => {
  expect(accounts[0]!['named']).toMatchObject({ status: 'complete', records: 9 });
  const doubted = accounts[0]!['dots']!;
  expect(doubted).toMatchObject({ status: 'partial', records: 2, gone: 0 });
  expect(doubted.reason).toMatch(/value-not-found\): no page held next \(@odata\.nextLink\), so there may be more/);
  expect(doubted.remedy).toMatch(/source file/);
  expect(await pipeline.store.sources.findOne({ _id: 'dots', last_complete: { $exists: true } })).toBeNull();
});

test.each(Object.entries(MOVED).map(([name, [title]]) => [title, name] as const))(
  '%s: a machine that is hidden by it is not gone',
  (_title, name) => {
    expect(accounts[0]![name]).toMatchObject({ status: 'complete', records: 5 });
    expect(accounts[1]![name]!.gone).toBe(0);
    expect(gone[1]![name]).toEqual([]);
    expect(accounts[2]![name]).toMatchObject({ status: 'complete', gone: 0 });
    expect(gone[2]![name]).toEqual([]);
  },
);

test('a machine that leaves a listing by position is gone with the second listing that lacks it, and the first says so', () => {
  const [, lacking, again] = accounts.map(({ leaving }) => leaving!);
  expect(lacking).toMatchObject({ status: 'complete', gone: 0, held: 1 });
  expect(lacking!.reason).toMatch(
    /1 of 5 records are missing, but they are missing for the first time from a listing by position/,
  );
  expect(lacking!.remedy).toMatch(/runs confirm --source leaving/);
  expect(again).toMatchObject({ status: 'complete', gone: 1 });
  expect(again!.held).toBeUndefined();
  expect(gone[2]!['leaving']).toEqual(['leaving:3']);
});

test('one answer that holds the whole announced listing is proof enough', () => {
  expect(accounts[1]!['whole']).toMatchObject({ status: 'complete', gone: 1 });
});

test('a token that expires in mid-run begins the listing anew, and each record is counted once', async () => {
  const [begun, quiet, refused] = accounts.map(({ expiring }) => expiring!);
  const expected = { status: 'complete', records: 6, quarantined: 1, repeated: 0, gone: 0 };
  expect(begun).toMatchObject({ ...expected, new: 5, unchanged: 0, pages: 7 });
  expect(begun!.warnings).toEqual([
    expect.stringMatching(/rejected the cursor as expired: .*1 of 3/),
    expect.stringMatching(/2 of 3/),
  ]);
  expect(await pipeline.store.records.countDocuments({ source: 'expiring' })).toBe(5);
  expect(first.sources['expiring']).toMatchObject({ status: 'complete' });
  expect(verified.findings).toEqual([]);

  expect(quiet).toMatchObject({ ...expected, unchanged: 5 });
  expect(refused).toMatchObject({ status: 'partial', gone: 0 });
  expect(refused!.reason).toMatch(/answered 400, after 3 restarts of the listing/);
});
