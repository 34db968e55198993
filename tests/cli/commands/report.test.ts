import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../../src/store/database.js';
import type { WrittenReport } from '../../../src/report/report.js';
import { fleetOf, store as put } from '../../report/fleet.js';
import { type Ran, runProgram } from '../../support/program.js';
import { dropStore, freshStore } from '../../support/store.js';

/** Runs the compiled `rollcall report` as a user does. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-report-'));
const database = `r${randomUUID().slice(0, 8)}`;
let store: Store;

function run(...args: string[]): Promise<Ran> {
  const env = {
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
    MONGODB_DATABASE: database,
    ROLLCALL_REPORT_DIR: 'kept',
  };
  return runProgram(['report', ...args], { cwd: dir, env });
}

beforeAll(async () => {
  store = await freshStore({ database });
});
afterAll(async () => {
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

test('without hosts, report writes a page that states it', async () => {
  const { code, out } = await run();
  expect([code, out]).toEqual([0, expect.stringMatching(/^Hosts +0 +0 retired\n/)]);
  const [day] = readdirSync(join(dir, 'kept'));
  expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(readFileSync(join(dir, 'kept', day!, 'index.html'), 'utf8')).toContain('No hosts yet');
});

test('report prints the main numbers and the path of the page, also as JSON', async () => {
  await put(store, fleetOf(15));
  const hosts = await store.hosts.countDocuments();
  const printed = await run('--as-of', '2026-03-02', '--out', 'out', '--days', '14', '--format', 'html,svg');
  expect(printed.out).toMatch(
    new RegExp(`^Hosts +${hosts} [^]*first seen in 14 days[^]*\\nout/2026-03-02/index.html: \\d+ files in \\d`),
  );
  expect(existsSync(join(dir, 'out/2026-03-02/charts/coverage.svg'))).toBe(true);
  const { out } = await run('--as-of', '2026-03-02T08:00:00Z', '--out', 'out', '--format', 'csv', '--json');
  const written = JSON.parse(out) as WrittenReport;
  expect(written.dir).toBe(join(dir, 'out/2026-03-02'));
  expect(written.headlines[0]).toMatchObject({ label: 'Hosts', value: hosts });
  expect(written.files).toEqual(expect.arrayContaining(['data.json', 'hosts-not-seen.csv']));
  expect(written.files).not.toContain('index.html');
  expect(JSON.parse(readFileSync(join(written.dir, 'data.json'), 'utf8'))).toMatchObject({
    as_of: '2026-03-02T08:00:00.000Z',
  });
});

test('report names the value that is invalid', async () => {
  for (const [given, why] of [
    [['--as-of', '2026-02-30'], /Give a date/],
    [['--as-of', 'yesterday'], /Give a date/],
    [['--days', '0'], /whole number of days/],
    [['--format', 'pdf'], /html,svg,png,csv/],
  ] as const) {
    const { code, err } = await run(...given);
    expect([code, err]).toEqual([2, expect.stringMatching(why)]);
  }
  expect((await run('--help')).out).toMatch(/Examples:\n {2}npm run rollcall -- report/);
});
