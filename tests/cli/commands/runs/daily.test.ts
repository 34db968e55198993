import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnWorker, type SpawnedWorker } from '../../../metrics/spawned-worker.js';
import { serve, type HttpServer } from '../../../support/http-server.js';
import { localSimulator, type LocalSimulator } from '../../../support/local-simulator.js';
import { runProgram } from '../../../support/program.js';

/** Runs a compiled worker and the compiled commands through everyday cases. */
const folder = mkdtempSync(join(tmpdir(), 'rollcall-daily-'));
let simulator: LocalSimulator;
/** Listens at the worker's metrics address, as another worker on this machine does. */
let other: HttpServer;
let worker: SpawnedWorker;

const source = (name: string, pages: string, map: string) => `
import { createHash } from 'node:crypto';
import { defineSource } from 'rollcall';
import { observation } from 'rollcall/mapping';
const pages = (async function* () { ${pages} });
const page = (at: number, last: boolean, ids: string[]) => {
  const body = Buffer.from(JSON.stringify(ids));
  return { cursor: { at }, next: last ? null : { at: at + 1 }, body, mediaType: 'application/json', status: 200,
    digest: createHash('sha256').update(body).digest('hex'), fetchedAt: new Date(), rows: ids.length };
};
export default defineSource({
  name: '${name}', vendor: 'none', dataset: 'hosts', docs: 'https://example.com/', settings: {}, listing: 'full', mapping: 1,
  input: () => ({ pages }) as never,
  *decode({ body }: { body: Buffer }) {
    const ids = JSON.parse(body.toString()) as string[];
    for (const [index, value] of ids.entries()) yield { index, offset: 0, length: 1, value };
  },
  map: (id: any) => { ${map} return { id, observation: observation({ class: 'machine', device: { hostname: id } }) } as never; },
});`;

beforeAll(async () => {
  writeFileSync(join(folder, 'broken.ts'), source('broken', `throw new TypeError('a mistake');`, ''));
  writeFileSync(
    join(folder, 'endless.ts'),
    source(
      'endless',
      `yield page(0, false, ['a']); yield page(1, true, ['b', 'stay']);`,
      `if (id === 'stay') for (;;) {}`,
    ),
  );
  simulator = await localSimulator({ hosts: 40, seed: 3 });
  other = await serve((_request, response) => void response.end());
  worker = await spawnWorker({
    ...simulator.environment,
    ROLLCALL_SOURCES: folder,
    ROLLCALL_RETRY_SECONDS: '0.1',
    ROLLCALL_ROW_SECONDS: '0.5',
    ROLLCALL_METRICS_ADDRESS: other.host,
  });
});
afterAll(async () => {
  await worker?.stop();
  await simulator?.stop();
  await other?.close();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => runProgram(args, { cwd: folder, env: worker.environment });

/** Lines of the worker's log about failed attempts of a source. */
const failedAttempts = (name: string) =>
  worker
    .stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ level, msg, source: of, activity, activityType }) => {
      const failing = level === 'warn' || level === 'error';
      return (
        failing && (of === name || activityType !== undefined) && activity !== 'closeInventoryRun' && msg !== undefined
      );
    });

test('a worker whose metrics address is in use logs it and continues', async () => {
  expect(worker.stderr()).toContain('another process listens there');
  expect(await run('trigger', '--only', 'merge', '--wait')).toMatchObject({ code: 0 });
});

test('a source that was added after the worker started is reported as unknown to that worker, with the remedy', async () => {
  writeFileSync(join(folder, 'late.ts'), source('late', '', ''));
  const { code, out } = await run('trigger', 'late', '--wait');
  expect(out).toContain('This worker does not know the source late');
  expect(out).toMatch(/Restart the worker: .*Loaded sources: .*broken/);
  expect(code).toBe(4);
});

test('a run of one step shows what that step did: rows fetched, records merged', async () => {
  const fetched = await run('trigger', 'qualys-demo', '--only', 'fetch', '--force', '--wait', '--json');
  const { rows, records } = JSON.parse(fetched.out).sources['qualys-demo'];
  expect(rows).toBeGreaterThan(30);
  expect(records).toBe(0);
  const again = await run('trigger', 'qualys-demo', '--only', 'fetch', '--force', '--wait');
  expect(again.out).toMatch(/│ rows +│/);
  expect(again.out).toContain(`: ${rows} rows fetched, not normalized yet`);
  expect((await run('runs')).out).toContain(`qualys-demo: complete, ${rows} rows fetched`);
  expect((await run('runs', 'show')).out).toContain(`${rows} fetched, not normalized yet`);

  await run('trigger', 'qualys-demo', '--only', 'normalize', '--wait');
  const merge = await run('trigger', '--only', 'merge', '--wait');
  expect(merge.out.trim()).toMatch(new RegExp(`^Run \\S+ completed in [\\d.]+ s: ${rows} records merged$`));
  const none = await run('trigger', '--only', 'merge', '--wait', '--json');
  expect(JSON.parse(none.out)).toMatchObject({ merged: 0, sources: {} });
  expect((await run('runs')).out).toContain(`${rows} records merged`);
  const [, last] = (await run('runs', '--json')).out.trim().split('\n');
  expect(JSON.parse(last!)).toMatchObject({ merged: rows });
});

test('a failed attempt is one line of the log, with run, source, page and cause', async () => {
  const { out } = await run('trigger', 'broken', '--wait', '--json');
  const summary = JSON.parse(out) as { run: string };
  expect(failedAttempts('broken')).toEqual([
    expect.objectContaining({
      level: 'error',
      run: summary.run,
      source: 'broken',
      activity: 'fetchPages',
      attempt: 1,
      kind: 'defect',
      page: 0,
      cause: expect.stringMatching(/^TypeError: a mistake at .*broken\.ts/),
      again: false,
    }),
  ]);
});

test('a page whose mapping never ends is set aside: its source ends partial, and the output names the page and the remedy', async () => {
  const { code, out } = await run('trigger', 'endless', '--wait');
  expect(code).toBe(4);
  expect(out).toContain('page 1 was set aside, because reading ended the process three times');
  expect(out).toContain('quarantine retry --source endless');
  expect(out).toMatch(/│ endless +│ partial +│ +2 │ +2 │ +1 │/);
  expect(failedAttempts('endless')).toEqual(
    [1, 2, 3].map((attempt) =>
      expect.objectContaining({
        source: 'endless',
        attempt,
        page: 1,
        msg: expect.stringMatching(
          /^Reading page 1 of endless ended the normalizing thread: a row took longer than 0\.5 s/,
        ),
      }),
    ),
  );
});
