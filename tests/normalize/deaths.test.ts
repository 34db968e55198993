import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Pool from '../../src/threads/pool.js';
import { loadConfig, type Config } from '../../src/config.js';
import { deliverRun } from '../../src/events/load.js';
import { normalize, type Normalized } from '../../src/normalize/normalize.js';
import type { Normalizer } from '../../src/threads/pool.js';
import { openNormalizerContext } from '../../src/normalize/context.js';
import { retryQuarantined } from '../../src/quarantine/retry.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { openStore, type Store } from '../../src/store/database.js';
import { MOST_DEATHS, SET_ASIDE } from '../../src/normalize/deaths.js';
import { appendPage } from '../../src/store/collections/pages.js';
import { runProgram } from '../support/program.js';
import { dropStore, emptyStore } from '../support/store.js';

/** Pages whose rows end the thread in which user code maps them; the thread is the compiled program's, as in a worker. */
jest.setTimeout(120_000);

const { openNormalizer } = require('../../dist/src/threads/pool.js') as typeof Pool;
const dir = mkdtempSync(join(tmpdir(), 'rollcall-deaths-'));
const folder = join(dir, 'sources');
const { signal } = new AbortController();
let environment: Record<string, string>;
let store: Store;
let config: Config;
let normalizer: Normalizer | undefined;

beforeAll(async () => {
  mkdirSync(folder);
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
  await normalizer?.close();
  normalizer = undefined;
  await emptyStore(store);
});
afterAll(async () => {
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

/** A source whose map() does on the row named `bad` what a mistake does. */
function writeSource(name: string, mistake: string, dataset = 'hosts'): void {
  const good =
    dataset === 'hosts'
      ? `observation({ class: 'machine', device: { hostname: raw.id } })`
      : `{ id: raw.id, category: 'a', value: 1 }`;
  writeFileSync(
    join(folder, `${name}.ts`),
    `import { defineSource, header, httpInput, offset } from 'rollcall';
     import { observation } from 'rollcall/mapping';
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

const registry = () => loadSources({ folders: config.sourceFolders });
/** In this thread, where sources that were mended are read. */
const reading = () => openNormalizerContext(config, store, registry());
const open = (): Normalizer => (normalizer = openNormalizer(config, store, registry()));

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
async function attempts(source: string, how: 'normalize' | 'deliver' = 'normalize', first = 1): Promise<Outcome> {
  const failures: string[] = [];
  for (let attempt = first; attempt <= 8; attempt += 1) {
    const input = { run: 'run', source, from: 0, pages: 'run', follow: false, attempt };
    try {
      return { sum: await normalizer![how](input, signal, () => {}), failures };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(`No attempt came through: ${failures.join('; ')}`);
}

const ledger = () => store.pages.find().sort({ source: 1, seq: 1 }).toArray();
const deathsOf = async () => (await ledger()).map(({ source, seq, deaths }) => [source, seq, deaths ?? 0]);

/** A thread takes seconds to start: but for the first test, page 1 has all its deaths but one behind it, and attempts go on with the second. */
const almostDeadly = (source: string) =>
  store.pages.updateOne({ source, seq: 1 }, { $set: { deaths: MOST_DEATHS - 1 } });

/** Another one each time that the page is read, as `__filename` is loaded once a thread. */
const WAYS_TO_DIE = [
  'for (;;) {}',
  'const all = []; for (let n = 0; ; n += 1) all.push({ n, text: [n] });',
  'process.exit(3);',
];

test('a page that never ends, exhausts the heap and ends the process is set aside after these three deaths, the rest goes on, and a replay reads it again', async () => {
  const turn = join(dir, 'turn');
  writeFileSync(turn, '');
  const ways = WAYS_TO_DIE.map((way, at) => `if (death === ${at}) { ${way} }`).join(' ');
  writeSource(
    'deadly',
    `const fs = process.getBuiltinModule('node:fs');
     const death = fs.readFileSync('${turn}', 'utf8').length;
     fs.appendFileSync('${turn}', '.');
     ${ways}`,
  );
  await storePages('deadly');
  open();
  const { sum, failures } = await attempts('deadly');
  const died = 'Reading page 1 of deadly ended the normalizing thread:';
  expect(failures).toEqual([
    `${died} a row took longer than 1 s (ROLLCALL_ROW_SECONDS)`,
    // On a busy machine the garbage collector may use up the row's time first.
    expect.stringMatching(new RegExp(`^${died} (it needed more than 96 MB|a row took longer)`)),
    `${died} worker exited with code: 3`,
  ]);
  expect(sum).toMatchObject({ pages: 3, rows: 6, new: 4, quarantined: 1, stopped: 'ended' });
  const [entry, ...others] = await store.quarantine.find().toArray();
  const [, page] = await ledger();
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ source: 'deadly', reason: SET_ASIDE, page: page!._id, row: 0, length: page!.bytes });
  expect((await store.records.find().toArray()).map(({ _id }) => _id).sort()).toEqual(
    ['deadly:deadly-0a', 'deadly:deadly-0b', 'deadly:deadly-2a', 'deadly:deadly-2b'].sort(),
  );

  const { out } = await runProgram(['quarantine', 'show', entry!._id], { cwd: dir, env: environment });
  expect(out).toContain(SET_ASIDE);
  expect(out).toContain('map() of deadly never ends, needs too much memory or crashes');
  expect(out).toContain('quarantine retry');

  // Mended, it is read again as if it had never been read: by a replay here, by a retry below.
  writeSource('deadly', '');
  const replay = { run: 'replay', source: 'deadly', from: 0, pages: 'run', follow: false, attempt: 1 };
  expect(await normalize(reading(), replay, { rows: 10, waitMs: 0, signal, onPage: () => {} })).toMatchObject({
    new: 2,
    unchanged: 4,
    quarantined: 0,
  });
  expect(await store.quarantine.countDocuments()).toBe(0);
  const [, again] = await ledger();
  expect(again!.deaths).toBeUndefined();
  expect(again!.outcome).toMatchObject({ new: 2, ids: ['deadly-1a', 'deadly-1b'] });
  expect(again!.outcome!.set_aside).toBeUndefined();
});

test('others that are read in the same thread are not blamed and come through, and a retry reads what was set aside once the source is mended', async () => {
  writeSource('deadly', 'for (;;) {}');
  writeSource('calm', '');
  await storePages('deadly');
  await storePages('calm', 12);
  await almostDeadly('deadly');
  open();
  const [deadly, ...calm] = await Promise.all([attempts('deadly', 'normalize', 2), attempts('calm'), attempts('calm')]);
  expect(deadly).toMatchObject({ sum: { new: 4, quarantined: 1 } });
  for (const { sum, failures } of calm) {
    expect(sum).toMatchObject({ pages: 12, rows: 24, quarantined: 0 });
    for (const failure of failures)
      expect(failure).toMatch(/^The normalizing thread ended while it read page 1 of deadly: a row took longer/);
  }
  expect((await store.quarantine.find().toArray()).map(({ source }) => source)).toEqual(['deadly']);
  expect((await deathsOf()).filter(([source, , deaths]) => source === 'calm' && deaths !== 0)).toEqual([]);

  writeSource('deadly', '');
  expect(await retryQuarantined(reading(), { source: 'deadly' })).toMatchObject({
    new: 2,
    failing: [],
  });
  expect(await store.quarantine.countDocuments()).toBe(0);
});

test('events are delivered without the page that ends the thread, and a replay brings it once the source is mended', async () => {
  writeSource('deadly', 'for (;;) {}', 'events');
  await storePages('deadly');
  await almostDeadly('deadly');
  open();
  const { sum, failures } = await attempts('deadly', 'deliver', 2);
  expect(failures).toHaveLength(1);
  expect(sum).toMatchObject({ rows: 6, new: 4, quarantined: 1 });
  expect(await store.quarantine.distinct('reason')).toEqual([SET_ASIDE]);

  writeSource('deadly', '', 'events');
  const replay = { run: 'replay', source: 'deadly', from: 0, pages: 'run', attempt: 1 };
  expect(await deliverRun(reading(), replay, { signal, onPage: () => {} })).toMatchObject({
    new: 2,
    unchanged: 4,
    quarantined: 0,
  });
  expect(await store.quarantine.countDocuments()).toBe(0);
  expect(await deathsOf()).toEqual([0, 1, 2].map((seq) => ['deadly', seq, 0]));
});

test('an attempt that fails otherwise does not count, nor one that comes through', async () => {
  writeSource('deadly', 'throw new TypeError("no death");');
  await storePages('deadly');
  const again = { run: 'run', source: 'deadly', from: 0, pages: 'run', follow: false, attempt: 4 };
  expect(await open().normalize(again, signal, () => {})).toMatchObject({ new: 5, quarantined: 1 });
  expect(await deathsOf()).toEqual([0, 1, 2].map((seq) => ['deadly', seq, 0]));
});
