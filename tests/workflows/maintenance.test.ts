import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSimulator, type LocalSimulator } from '../support/local-simulator.js';
import { openPipeline, type Pipeline } from '../support/pipeline.js';

/** Maintenance after a scheduled run. */

const SOURCE = 'qualys-demo';
const dir = mkdtempSync(join(tmpdir(), 'rollcall-maintenance-'));
let simulator: LocalSimulator;
let pipeline: Pipeline;

beforeAll(async () => {
  simulator = await localSimulator({ hosts: 12, seed: 3 });
  pipeline = await openPipeline({
    ...simulator.environment,
    QUALYS_DEMO_PAGE_SIZE: '5',
    ROLLCALL_REPORT_DIR: join(dir, 'reports'),
  });
});
afterAll(async () => {
  await pipeline?.close();
  await simulator?.stop();
  rmSync(dir, { recursive: true });
});

test('maintenance writes the report of the day with the hosts of the run, and removes raw pages that nothing needs', async () => {
  const first = await pipeline.collect({ sources: [SOURCE], force: true });
  const old = new Date(Date.now() - 365 * 86_400_000);
  await pipeline.store.pages.updateMany({ run: first.run }, { $set: { fetched_at: old } });
  await pipeline.store.records.updateMany({}, { $set: { observed_at: old } });
  await pipeline.store.pages.insertOne({
    ...(await pipeline.store.pages.findOne({ run: first.run }))!,
    _id: 'a-run-long-ago/qualys-demo/1',
    run: 'a-run-long-ago',
  });
  const second = await pipeline.collect({ sources: [SOURCE], force: true, maintenance: ['report', 'prune'] });
  expect(second.status).toBe('completed');
  const [day] = readdirSync(join(dir, 'reports'));
  expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
  const data = JSON.parse(readFileSync(join(dir, 'reports', day!, 'data.json'), 'utf8')) as { hosts: number };
  expect(data.hosts).toBe(second.hosts);
  expect(existsSync(join(dir, 'reports', day!, 'index.html'))).toBe(true);
  expect(await pipeline.store.pages.countDocuments({ run: 'a-run-long-ago' })).toBe(0);
  // Records still refer to these pages.
  expect(await pipeline.store.pages.countDocuments({ run: first.run })).toBeGreaterThan(0);
});

test('a report that cannot be written does not fail the run', async () => {
  rmSync(join(dir, 'reports'), { recursive: true });
  writeFileSync(join(dir, 'reports'), 'a file where the folder should be');
  const summary = await pipeline.collect({ sources: [SOURCE], force: true, maintenance: ['report'] });
  expect(summary.status).toBe('completed');
});
