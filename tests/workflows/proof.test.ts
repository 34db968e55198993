import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storedRows } from '../../src/sources/decode.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import type { RunDoc } from '../../src/store/documents/runs.js';
import type { SourceAccount } from '../../src/model/run.js';
import { verifyRun } from '../../src/operations/verify/verify.js';
import { sendJson, sendText, serve, type Responder, type HttpServer } from '../support/http-server.js';
import { openPipeline, type Pipeline } from '../support/pipeline.js';

/**
 * The conditions under which a listing retires records, with user-defined sources over real HTTP. Each case is a source. Three runs
 * collect all sources: the first, second and third listing of each.
 */

type Way = 'tokens' | 'dots' | 'named' | 'offsets' | 'numbers';

/** Imports, paging, values of the envelope, and further options of a source, by its way of listing. */
const WAYS: Record<Way, [string, string, string, string?]> = {
  tokens: [
    'token',
    `token({ limit: 2, next: 'next' })`,
    `{ next: 'next', total: 'total' }`,
    `errorRules: [{ status: 400, body: /expired/, continued: true, kind: 'cursor-expired' }]`,
  ],
  dots: ['token', `token({ limit: 100, next: 'next' })`, `{ next: '@odata.nextLink' }`],
  named: ['token', `token({ limit: 100, next: 'next' })`, `{ next: ['@odata.nextLink'] }`],
  offsets: ['offset', 'offset({ limit: 2 })', `{ total: 'total' }`],
  numbers: ['pageNumber', 'pageNumber({ limit: 2 })', '{}'],
};

const source = (name: string, [imports, paging, envelope, more = '']: (typeof WAYS)[Way]) => `
import { ${imports}, RecordRejected, defineSource, header, httpInput, httpRows, setting } from 'rollcall';
export default defineSource({
  name: '${name}', vendor: 'shelf', dataset: 'hosts', docs: 'https://shelf.test/api',
  settings: { url: setting.url('SHELF_URL', { help: 'base URL' }) },
  listing: 'full', mapping: 1,
  map(raw) {
    const { id } = Object(raw);
    if (!id) throw new RecordRejected('id is missing');
    return { id: String(id), observation: { device: { type_id: 0, hostname: 'host-' + id }, class: 'machine', external_ips: [], tags: [] } };
  },
  decode: httpRows({ records: 'items', values: ${envelope} }),
  input: ({ url }) => httpInput({
    source: '${name}', base: url, auth: header('token', 'x'),
    request: (position) => ({ method: 'GET', path: '/${name}', query: { ...position } }),
    paging: ${paging}, envelope: { records: 'items', values: ${envelope} }, ${more}
  }),
});
`;

const hosts = (...ids: (number | string)[]) => ids.map((id) => ({ id }));

type Page = { items: unknown[]; next?: unknown; total?: number };
/** Serves pages by token. The token of a page is its number, and the page before returns it. */
const pages = (...all: Page[]): Responder => {
  return ({ query }, response) => sendJson(response, all[Number(query.get('token') ?? 0)]);
};
const FOUR = pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(3, 4), total: 4 });

/** A listing whose next link is under a key with a dot. */
const linked: Responder = ({ query }, response) => {
  const at = Number(query.get('token') ?? 0);
  sendJson(response, {
    items: hosts(...[1, 2, 3, 4, 5, 6, 7, 8, 9].slice(at, at + 2)),
    ...(at + 2 < 9 ? { '@odata.nextLink': at + 2 } : {}),
  });
};

type Ids = (number | string)[];
/** A listing by position over `listed`, which changes after the first page is served. */
const moving = (listed: Ids, change: (listed: Ids) => Ids, total: boolean): Responder => {
  let now = listed;
  return ({ query }, response) => {
    const skip = query.has('skip') ? Number(query.get('skip')) : (Number(query.get('page')) - 1) * 2;
    sendJson(response, { items: hosts(...now.slice(skip, skip + 2)), ...(total ? { total: now.length } : {}) });
    if (skip === 0) now = change(now);
  };
};
const still = (listed: Ids, total: boolean) => moving(listed, (all) => all, total);

/** A listing of three pages with a record without id. The token for its last page expires `times` times. */
const expiring = (times: number): Responder => {
  let left = times;
  const all = [...hosts(1, 2), ...hosts(3), { id: 0, name: 'no id' }, ...hosts(5, 6)];
  return ({ query }, response) => {
    const at = Number(query.get('token') ?? 0);
    if (at === 4 && left-- > 0) return sendText(response, 'The token has expired', 400);
    sendJson(response, { items: all.slice(at, at + 2), total: 6, ...(at < 4 ? { next: at + 2 } : {}) });
  };
};

type Expected = Partial<Record<keyof SourceAccount, unknown>>;

/** The expected outcome of a second listing, after a complete listing of four hosts. */
const SECOND: Record<string, [string, Responder, Expected]> = {
  fewer: [
    'fewer records than announced',
    pages({ items: hosts(1, 2), total: 4 }),
    {
      status: 'partial',
      records: 2,
      reason: expect.stringMatching(
        /total-short\): the vendor announced 4 records, but the listing contained 2; nothing was retired/,
      ),
    },
  ],
  none: [
    'none of the announced records',
    pages({ items: [], total: 4 }),
    { status: 'failed', records: 0, reason: expect.stringContaining('total-short') },
  ],
  twice: [
    'the same record twice instead of another',
    pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(2, 3), total: 4 }),
    { status: 'partial', records: 3, reason: expect.stringContaining('total-short') },
  ],
  more: [
    'more records than announced',
    pages({ items: hosts(1, 2), next: 1, total: 3 }, { items: hosts(3, 5), total: 3 }),
    { status: 'partial', records: 4, reason: expect.stringContaining('total-long') },
  ],
  nowhere: [
    'a total that is on no page',
    pages({ items: hosts(1, 2), next: 1 }, { items: hosts(3), next: null }),
    { status: 'partial', reason: expect.stringContaining('value-not-found): no page contains total (total)') },
  ],
  changing: [
    'a total that changes',
    pages({ items: hosts(1, 2), next: 1, total: 4 }, { items: hosts(3), total: 3 }),
    {
      status: 'complete',
      unconfirmed: 1,
      gone: 0,
      reason: expect.stringMatching(/announced size changed from 3 to 4/),
    },
  ],
};

const FIVE = [1, 2, 3, 4, 5];
/** Changes of a listing by position while it is read. Each change hides a machine. */
const MOVED: Record<string, [string, Way, boolean, (listed: Ids) => Ids]> = {
  deleted: ['by offset, a record of the first page is deleted', 'offsets', true, ([, ...rest]) => rest],
  replaced: [
    'by offset, one record is deleted and another one added, so that the total stays the same',
    'offsets',
    true,
    ([, ...rest]) => [...rest, 9],
  ],
  skipped: ['by page number, a record of the first page is deleted', 'numbers', false, ([, ...rest]) => rest],
  reordered: ['by page number, the order changes', 'numbers', false, ([a, b, c, d, e]) => [c!, d!, a!, b!, e!]],
};

const CASES: Record<string, [Way, ...Responder[]]> = {
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
/** The number of the listing that the server serves now, from 0. */
let turn: number;
/** The account of each source and its records that are gone, by turn. */
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
    rows: [...storedRows(sources.get(name), page, body)].length,
    eventIds: () => [],
  });
  verified = await verifyRun(pipeline.store, sources, first, read, () => ({}) as never);
}

test('an empty page with a next token in the middle of a listing loses no records', () => {
  expect(accounts[0]!['hollow']).toMatchObject({ status: 'complete', records: 4, new: 4 });
});

test.each(Object.entries(SECOND).map(([name, [title, , expected]]) => [title, name, expected] as const))(
  '%s: the listing retires nothing and reports the reason',
  (_title, name, expected) => {
    expect(accounts[0]![name]).toMatchObject({ status: 'complete', records: 4 });
    expect(accounts[1]![name]).toMatchObject({ gone: 0, ...expected });
    expect(gone[1]![name]).toEqual([]);
  },
);

test('a record that two consecutive listings lack is gone, although both listings changed', () => {
  expect(accounts[2]!['changing']).toMatchObject({ status: 'complete', gone: 1, unconfirmed: 1, new: 1 });
  expect(gone[2]!['changing']).toEqual(['changing:4']);
});

test('a next link under a key with a dot is followed if the definition names it as one key; otherwise the listing is partial', async () => {
  expect(accounts[0]!['named']).toMatchObject({ status: 'complete', records: 9 });
  const doubted = accounts[0]!['dots']!;
  expect(doubted).toMatchObject({ status: 'partial', records: 2, gone: 0 });
  expect(doubted.reason).toMatch(/value-not-found\): no page contains next \(@odata\.nextLink\), so there may be more/);
  expect(doubted.remedy).toMatch(/source file/);
  expect(await pipeline.store.sources.findOne({ _id: 'dots', last_complete: { $exists: true } })).toBeNull();
});

test.each(Object.entries(MOVED).map(([name, [title]]) => [title, name] as const))(
  '%s: the hidden machine is not gone',
  (_title, name) => {
    expect(accounts[0]![name]).toMatchObject({ status: 'complete', records: 5 });
    expect(accounts[1]![name]!.gone).toBe(0);
    expect(gone[1]![name]).toEqual([]);
    expect(accounts[2]![name]).toMatchObject({ status: 'complete', gone: 0 });
    expect(gone[2]![name]).toEqual([]);
  },
);

test('a machine that leaves a listing by position is gone after the second listing that lacks it, and the first one reports it', () => {
  const [, lacking, again] = accounts.map(({ leaving }) => leaving!);
  expect(lacking).toMatchObject({ status: 'complete', gone: 0, unconfirmed: 1 });
  expect(lacking!.reason).toMatch(
    /1 of 5 records are missing, but they are missing for the first time from a listing by position/,
  );
  expect(lacking!.remedy).toMatch(/runs confirm --source leaving/);
  expect(again).toMatchObject({ status: 'complete', gone: 1 });
  expect(again!.unconfirmed).toBeUndefined();
  expect(gone[2]!['leaving']).toEqual(['leaving:3']);
});

test('one response with the whole announced listing is sufficient to retire a record', () => {
  expect(accounts[1]!['whole']).toMatchObject({ status: 'complete', gone: 1 });
});

test('a token that expires during a run restarts the listing, and each record is counted once', async () => {
  const [restarted, uninterrupted, failed] = accounts.map(({ expiring }) => expiring!);
  const expected = { status: 'complete', records: 6, quarantined: 1, repeated: 0, gone: 0 };
  expect(restarted).toMatchObject({ ...expected, new: 5, unchanged: 0, pages: 7 });
  expect(restarted!.warnings).toEqual([
    expect.stringMatching(/rejected the cursor as expired: .*1 of 3/),
    expect.stringMatching(/2 of 3/),
  ]);
  expect(await pipeline.store.records.countDocuments({ source: 'expiring' })).toBe(5);
  expect(first.sources['expiring']).toMatchObject({ status: 'complete' });
  expect(verified.findings).toEqual([]);

  expect(uninterrupted).toMatchObject({ ...expected, unchanged: 5 });
  expect(failed).toMatchObject({ status: 'partial', gone: 0 });
  expect(failed!.reason).toMatch(/responded 400, after 3 restarts of the listing/);
});
