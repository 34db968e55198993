import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Pool from '../../src/normalizer/pool.js';
import { loadConfig, type Config } from '../../src/config.js';
import type { Normalized } from '../../src/normalizer/normalize.js';
import type { Normalizer } from '../../src/normalizer/pool.js';
import { openReading } from '../../src/normalizer/reading.js';
import { retryQuarantined } from '../../src/normalizer/retry.js';
import { loadSources } from '../../src/sources/index.js';
import { openStore, type Store } from '../../src/store/database.js';
import { SET_ASIDE } from '../../src/store/deaths.js';
import { appendPage } from '../../src/store/pages.js';
import { runProgram } from '../support/program.js';
import { dropStore } from '../support/store.js';

/** Pages whose rows end the thread in which user code maps them; the thread is the compiled program's, as in a worker. */
jest.setTimeout(120_000);

const { openNormalizer } = require('../../dist/src/normalizer/pool.js') as typeof Pool;
const dir = mkdtempSync(join(tmpdir(), 'rollcall-deaths-'));
const folder = join(dir, 'sources');
const { signal } = new AbortController();
let environment: Record<string, string>;
let store: Store;
let config: Config;
let normalizer: Normalizer;

beforeEach(async () => {
  mkdirSync(folder, { recursive: true });
  environment = {
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI']!,
    MONGODB_DATABASE: `d${randomUUID().slice(0, 8)}`,
    ROLLCALL_SOURCES: folder,
    ROLLCALL_ROW_SECONDS: '1',
    ROLLCALL_NORMALIZER_MB: '96',
  };
  config = loadConfig(environment);
  store = await openStore(config.mongodb);
});
afterEach(async () => {
  await normalizer.close();
  await dropStore(store);
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A source whose map() does on the row named `bad` what a mistake does. */
function writeSource(name: string, mistake: string, dataset = 'hosts'): void {
  const good =
    dataset === 'hosts'
      ? `observation({ class: 'machine', device: { hostname: raw.id } })`
      : `{ id: raw.id, category: 'a', value: 1 }`;
  writeFileSync(
    join(folder, `${name}.ts`),
    `import { defineSource, header, httpInput, offset } from 'rollcall';
     import { observation } from 'rollcall/host/observation.js';
     export default defineSource({
       name: '${name}', vendor: 'fleet', dataset: '${dataset}', docs: 'https://fleet.invalid/docs', settings: {},
       listing: 'full', mapping: 1,
       input: () => httpInput({ source: '${name}', base: 'https://fleet.invalid', auth: header('x-key', 'y'),
         paging: offset({ limit: 10, concurrency: 1 }), request: () => ({ method: 'GET', path: '/' }), envelope: { records: 'rows' } }),
       map(raw: any) {
         if (raw.bad) { ${mistake} }
         return { id: raw.id, observation: ${good} };
       },
     });`,
  );
}

const open = (): void => {
  normalizer = openNormalizer(config, store, loadSources({ folders: config.sourceFolders }));
};

/** Stores a listing of pages with two rows each, the second row of page 1 a bad one. */
async function storePages(source: string, pages = 3): Promise<void> {
  for (let seq = 0; seq < pages; seq += 1) {
    const rows = [{ id: `${source}-${seq}a` }, { id: `${source}-${seq}b`, ...(seq === 1 && { bad: true }) }];
    const body = Buffer.from(JSON.stringify({ rows }));
    await appendPage(store, 'run', source, seq, {
      cursor: { at: seq },
      next: seq < pages - 1 ? { at: seq + 1 } : null,
      body,
      mediaType: 'application/json',
      digest: createHash('sha256').update(body).digest('hex'),
      status: 200,
      fetchedAt: new Date(),
      rows: 2,
    });
  }
}

interface Outcome {
  sum: Normalized;
  failures: string[];
}

/** As Temporal does: attempt after attempt until one comes through. */
async function attempts(source: string, how: 'normalize' | 'deliver' = 'normalize', most = 8): Promise<Outcome> {
  const failures: string[] = [];
  for (let attempt = 1; attempt <= most; attempt += 1) {
    const input = { run: 'run', source, from: 0, pages: 'run', follow: false, attempt };
    try {
      return { sum: await normalizer[how](input, signal, () => {}), failures };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(`No attempt came through: ${failures.join('; ')}`);
}

const ledger = () => store.pages.find().sort({ source: 1, seq: 1 }).toArray();
const deathsOf = async () => (await ledger()).map(({ source, seq, deaths }) => [source, seq, deaths ?? 0]);

test.each([
  ['never ends', 'for (;;) {}', /^Reading page 1 of deadly ended the normalizing thread: a row took longer than 1 s/],
  [
    'exhausts the heap',
    'const all = []; for (let n = 0; ; n += 1) all.push({ n, text: [n] });',
    // On a busy machine the garbage collector may use up the row's time first.
    /^Reading page 1 of deadly ended the normalizing thread: (it needed more than 96 MB|a row took longer)/,
  ],
])('a page whose mapping %s is set aside after three deaths, and the rest goes on', async (_, mistake, said) => {
  writeSource('deadly', mistake);
  await storePages('deadly');
  open();
  const { sum, failures } = await attempts('deadly');
  expect(failures).toHaveLength(3);
  for (const failure of failures) expect(failure).toMatch(said);
  expect(sum).toMatchObject({ pages: 3, rows: 6, new: 4, quarantined: 1, stopped: 'ended' });
  const [entry, ...others] = await store.quarantine.find().toArray();
  const [, page] = await ledger();
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ source: 'deadly', reason: SET_ASIDE, page: page!._id, row: 0, length: page!.bytes });
  expect((await store.records.find().toArray()).map(({ _id }) => _id).sort()).toEqual(
    ['deadly:deadly-0a', 'deadly:deadly-0b', 'deadly:deadly-2a', 'deadly:deadly-2b'].sort(),
  );

  // Mended, it is read again: by a retry here, by a replay below.
  writeSource('deadly', '');
  const reading = openReading(config, store, loadSources({ folders: config.sourceFolders }));
  expect(await retryQuarantined(reading, { source: 'deadly' })).toMatchObject({ new: 2, failing: [] });
  expect(await store.quarantine.countDocuments()).toBe(0);
});

test('others that are read in the same thread are not blamed, and come through', async () => {
  writeSource('deadly', 'for (;;) {}');
  writeSource('calm', '');
  await storePages('deadly');
  await storePages('calm', 12);
  open();
  const [deadly, ...calm] = await Promise.all([attempts('deadly'), attempts('calm'), attempts('calm')]);
  expect(deadly).toMatchObject({ sum: { new: 4, quarantined: 1 } });
  for (const { sum, failures } of calm) {
    expect(sum).toMatchObject({ pages: 12, rows: 24, quarantined: 0 });
    for (const failure of failures)
      expect(failure).toMatch(/^The normalizing thread ended while it read page 1 of deadly: a row took longer/);
  }
  expect((await store.quarantine.find().toArray()).map(({ source }) => source)).toEqual(['deadly']);
  expect((await deathsOf()).filter(([source, , deaths]) => source === 'calm' && deaths !== 0)).toEqual([]);
});

test('events are delivered without the page that ends the thread, and a replay brings it once the source is mended', async () => {
  writeSource('deadly', 'for (;;) {}', 'events');
  await storePages('deadly');
  open();
  const { sum } = await attempts('deadly', 'deliver');
  expect(sum).toMatchObject({ rows: 6, new: 4, quarantined: 1 });
  expect(await store.quarantine.distinct('reason')).toEqual([SET_ASIDE]);
  await normalizer.close();

  writeSource('deadly', '', 'events');
  open();
  const replay = { run: 'replay', source: 'deadly', from: 0, pages: 'run', attempt: 1 };
  expect(await normalizer.deliver(replay, signal, () => {})).toMatchObject({ new: 2, unchanged: 4, quarantined: 0 });
  expect(await store.quarantine.countDocuments()).toBe(0);
  expect(await deathsOf()).toEqual([0, 1, 2].map((seq) => ['deadly', seq, 0]));
});

test('a replay reads a page that was set aside again, as if it had never been read', async () => {
  writeSource('deadly', 'process.exit(3);');
  await storePages('deadly');
  open();
  await attempts('deadly');
  await normalizer.close();
  writeSource('deadly', '');
  open();
  const replay = { run: 'replay', source: 'deadly', from: 0, pages: 'run', follow: false, attempt: 1 };
  expect(await normalizer.normalize(replay, signal, () => {})).toMatchObject({ new: 2, unchanged: 4, quarantined: 0 });
  expect(await store.quarantine.countDocuments()).toBe(0);
  const [, page] = await ledger();
  expect(page!.deaths).toBeUndefined();
  expect(page!.outcome).toMatchObject({ new: 2, ids: ['deadly-1a', 'deadly-1b'] });
  expect(page!.outcome!.set_aside).toBeUndefined();
});

test('an attempt that fails otherwise does not count, nor one that comes through', async () => {
  writeSource('deadly', 'throw new TypeError("no death");');
  await storePages('deadly');
  open();
  const again = { run: 'run', source: 'deadly', from: 0, pages: 'run', follow: false, attempt: 4 };
  expect(await normalizer.normalize(again, signal, () => {})).toMatchObject({ new: 5, quarantined: 1 });
  expect(await deathsOf()).toEqual([0, 1, 2].map((seq) => ['deadly', seq, 0]));
});

test('quarantine shows what was set aside and what to do', async () => {
  writeSource('deadly', 'process.exit(3);');
  await storePages('deadly');
  open();
  await attempts('deadly');
  const { _id } = (await store.quarantine.findOne())!;
  const { out } = await runProgram(['quarantine', 'show', _id], { cwd: dir, env: environment });
  expect(out).toContain(SET_ASIDE);
  expect(out).toContain('map() of deadly never ends, needs too much memory or crashes');
  expect(out).toContain('quarantine retry');
});
