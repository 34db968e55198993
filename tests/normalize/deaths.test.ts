import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Pool from '../../src/threads/pool.js';
import { loadConfig, type Config } from '../../src/config.js';
import { loadInOrder } from '../../src/events/load.js';
import { normalize } from '../../src/normalize/normalize.js';
import type { Normalized } from '../../src/normalize/normalized.js';
import type { Threads } from '../../src/threads/pool.js';
import { openNormalizerContext } from '../../src/normalize/context.js';
import { retryQuarantined } from '../../src/quarantine/retry.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { openStore, type Store } from '../../src/store/database.js';
import { MOST_DEATHS, SET_ASIDE } from '../../src/normalize/deaths.js';
import { appendPage } from '../../src/store/collections/pages.js';
import { runProgram } from '../support/program.js';
import { dropStore } from '../support/store.js';

/** Pages with rows whose mapping by user code ends the thread. The thread runs the compiled program, as in a worker. */
jest.setTimeout(120_000);

const { openThreads } = require('../../dist/src/threads/pool.js') as typeof Pool;
const dir = mkdtempSync(join(tmpdir(), 'rollcall-deaths-'));
const folder = join(dir, 'sources');
const { signal } = new AbortController();
let environment: Record<string, string>;
let store: Store;
let config: Config;
let normalizer: Threads;

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
afterAll(async () => {
  await normalizer.close();
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

/** Writes a source whose map() executes `mistake` on a row with the field `bad`. */
function writeSource(name: string, mistake: string, dataset = 'hosts'): void {
  const good =
    dataset === 'hosts'
      ? `observation({ class: 'machine', device: { hostname: raw.id } })`
      : `{ id: raw.id, category: 'a', value: 1 }`;
  writeFileSync(
    join(folder, `${name}.ts`),
    `import { defineSource, header, httpInput, httpRows, offset } from 'rollcall';
     import { observation } from 'rollcall/mapping';
     export default defineSource({
       name: '${name}', vendor: 'fleet', dataset: '${dataset}', docs: 'https://fleet.invalid/docs', settings: {},
       listing: 'full', mapping: 1,
       input: () => httpInput({ source: '${name}', base: 'https://fleet.invalid', auth: header('x-key', 'y'),
         paging: offset({ limit: 10, concurrency: 1 }), request: () => ({ method: 'GET', path: '/' }), envelope: { records: 'rows' } }),
       decode: httpRows({ records: 'rows' }),
       map(raw: any) {
         if (raw.bad) { ${mistake} }
         return { id: raw.id, observation: ${good} };
       },
     });`,
  );
}

const registry = () => loadSources({ folders: config.sourceFolders });
/** Reads in this thread, with the corrected sources. */
const reading = () => openNormalizerContext(config, store, registry());

/** Stores a listing of pages with two rows each. The second row of page 1 is bad. */
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

/** Repeats attempts, as Temporal does, until one succeeds. */
async function attempts(source: string, how: 'normalize' | 'loadInOrder' = 'normalize', first = 1): Promise<Outcome> {
  const failures: string[] = [];
  for (let attempt = first; attempt <= 8; attempt += 1) {
    const input = { run: 'run', source, from: 0, pages: 'run', follow: false, attempt };
    try {
      return { sum: await normalizer[how](input, signal, () => {}), failures };
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(`No attempt succeeded: ${failures.join('; ')}`);
}

async function deathsOf(source: string): Promise<number[]> {
  const pages = await store.pages.find({ source }).sort({ seq: 1 }).toArray();
  return pages.map(({ deaths }) => deaths ?? 0);
}

/** Each reading of the page uses the next one. The file `turn` counts the readings, because each thread loads the source again. */
const WAYS_TO_END = [
  'for (;;) {}',
  'const all = []; for (;;) all.push(new Array(100_000).fill(all.length));',
  'process.exit(3);',
];

/** The outcomes for all tests. The same threads read them, because a thread needs a second of CPU to start. */
let deadly: Outcome;
let calm: Outcome[];
let broken: Normalized;
let events: Outcome;

beforeAll(async () => {
  const turn = join(dir, 'turn');
  writeFileSync(turn, '');
  const ways = WAYS_TO_END.map((way, at) => `if (death === ${at}) { ${way} }`).join(' ');
  writeSource(
    'deadly',
    `const fs = process.getBuiltinModule('node:fs');
     const death = fs.readFileSync('${turn}', 'utf8').length;
     fs.appendFileSync('${turn}', '.');
     ${ways}`,
  );
  writeSource('calm', '');
  writeSource('broken', 'throw new TypeError("no death");');
  writeSource('deadly-events', 'process.exit(4);', 'events');
  for (const source of ['deadly', 'broken', 'deadly-events']) await storePages(source);
  await storePages('calm', 12);
  // The page has ended the thread as often as allowed but one, and the attempts start with the second.
  await store.pages.updateOne({ source: 'deadly-events', seq: 1 }, { $set: { deaths: MOST_DEATHS - 1 } });
  normalizer = openThreads(config, store, registry());
  [deadly, ...calm] = (await Promise.all([attempts('deadly'), attempts('calm'), attempts('calm')])) as [
    Outcome,
    ...Outcome[],
  ];
  const again = { run: 'run', source: 'broken', from: 0, pages: 'run', follow: false, attempt: 4 };
  broken = await normalizer.normalize(again, signal, () => {});
  events = await attempts('deadly-events', 'loadInOrder', 2);
});

const setAside = () => store.quarantine.find({ reason: SET_ASIDE });

test('a page that ends the thread three times (endless loop, heap, process exit) is set aside, and the other pages are normalized', async () => {
  const { sum, failures } = deadly;
  const ended = 'Reading page 1 of deadly ended the normalizing thread:';
  expect(failures).toEqual([
    `${ended} a row took longer than 1 s (ROLLCALL_ROW_SECONDS)`,
    // On a busy machine the garbage collector may use up the row's time first.
    expect.stringMatching(new RegExp(`^${ended} (it needed more than 96 MB|a row took longer)`)),
    `${ended} worker exited with code: 3`,
  ]);
  expect(sum).toMatchObject({ pages: 3, rows: 6, new: 4, quarantined: 1, stopped: 'ended' });
  const [entry, ...others] = await store.quarantine.find({ source: 'deadly' }).toArray();
  const page = await store.pages.findOne({ source: 'deadly', seq: 1 });
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ source: 'deadly', reason: SET_ASIDE, page: page!._id, row: 0, length: page!.bytes });
  const stored = await store.records.find({ source: 'deadly' }).toArray();
  expect(stored.map(({ _id }) => _id).sort()).toEqual(
    ['deadly:deadly-0a', 'deadly:deadly-0b', 'deadly:deadly-2a', 'deadly:deadly-2b'].sort(),
  );

  const { out } = await runProgram(['quarantine', 'show', entry!._id], { cwd: dir, env: environment });
  expect(out).toContain(SET_ASIDE);
  expect(out).toContain('map() of deadly never ends, needs too much memory or crashes');
  expect(out).toContain('quarantine retry');
});

test('other pages in the same thread are not counted as the cause and are normalized', async () => {
  for (const { sum, failures } of calm) {
    expect(sum).toMatchObject({ pages: 12, rows: 24, quarantined: 0 });
    for (const failure of failures)
      expect(failure).toMatch(/^The normalizing thread ended while it read page 1 of deadly: /);
  }
  expect((await setAside().toArray()).map(({ source }) => source).sort()).toEqual(['deadly', 'deadly-events']);
  expect(await deathsOf('calm')).toEqual(Array.from({ length: 12 }, () => 0));
});

test('an attempt that fails in another way or succeeds does not count as an end of the thread', async () => {
  expect(broken).toMatchObject({ new: 5, quarantined: 1 });
  expect(await deathsOf('broken')).toEqual([0, 0, 0]);
});

describe('after the source is corrected, a page that was set aside is read again', () => {
  const replayOf = (source: string) => ({ run: 'replay', source, from: 0, pages: 'run', follow: false, attempt: 1 });

  test('by a retry, and by a replay like a new page', async () => {
    const [page, entry] = [
      (await store.pages.findOne({ source: 'deadly', seq: 1 }))!,
      (await store.quarantine.findOne({ source: 'deadly' }))!,
    ];
    writeSource('deadly', '');
    expect(await retryQuarantined(reading(), { source: 'deadly' })).toMatchObject({ new: 2, failing: [] });
    expect(await store.quarantine.countDocuments({ source: 'deadly' })).toBe(0);

    // Restore the state before the retry.
    await store.pages.replaceOne({ _id: page._id }, page);
    await store.quarantine.insertOne(entry);
    await store.records.deleteMany({ _id: { $in: ['deadly:deadly-1a', 'deadly:deadly-1b'] } });
    const how = { rows: 10, waitMs: 0, signal, onPage: () => {} };
    expect(await normalize(reading(), replayOf('deadly'), how)).toMatchObject({ new: 2, unchanged: 4, quarantined: 0 });
    expect(await store.quarantine.countDocuments({ source: 'deadly' })).toBe(0);
    const again = await store.pages.findOne({ source: 'deadly', seq: 1 });
    expect(again!.deaths).toBeUndefined();
    expect(again!.outcome).toMatchObject({ new: 2, ids: ['deadly-1a', 'deadly-1b'] });
    expect(again!.outcome!.set_aside).toBeUndefined();
  });

  test('events are delivered without the page, and a replay delivers the events of the page', async () => {
    const { sum, failures } = events;
    expect(failures).toHaveLength(1);
    expect(sum).toMatchObject({ rows: 6, new: 4, quarantined: 1 });
    expect(await store.quarantine.distinct('reason', { source: 'deadly-events' })).toEqual([SET_ASIDE]);

    writeSource('deadly-events', '', 'events');
    const how = { signal, onPage: () => {} };
    expect(await loadInOrder(reading(), replayOf('deadly-events'), how)).toMatchObject({
      new: 2,
      unchanged: 4,
      quarantined: 0,
    });
    expect(await store.quarantine.countDocuments({ source: 'deadly-events' })).toBe(0);
    expect(await deathsOf('deadly-events')).toEqual([0, 0, 0]);
  });
});
