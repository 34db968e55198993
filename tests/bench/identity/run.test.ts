import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ratesWith } from '../../../bench/identity/fleet/rates.js';
import { runFleet } from '../../../bench/identity/run.js';

let printed: string;
beforeEach(() => {
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => jest.restoreAllMocks());

const KEYS = [
  'records',
  'machines',
  'hosts',
  'pair_precision',
  'pair_recall',
  'pair_f1',
  'b3_f1',
  'over_merged',
  'split',
  'largest',
  'records_per_second',
  'rss_mb',
];

test('--json prints one object with the documented fields and nothing else', async () => {
  expect(await runFleet(100, ratesWith(), { seed: 1, json: true, shuffle: 2, errors: 3 })).toBe(0);
  const object = JSON.parse(printed) as Record<string, number>;
  expect(Object.keys(object)).toStrictEqual(KEYS);
  expect(object['machines']).toBe(100);
  expect(Object.values(object).every(Number.isFinite)).toBe(true);
});

test('a fleet that is written and read back has the same measures and pitfalls', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-run-'));
  try {
    const measured = async (run: object): Promise<string> => {
      printed = '';
      await runFleet(200, ratesWith({ dock: 0.8 }), { seed: 2, errors: 5, ...run });
      return printed.replace(/^parse and map.*$/m, '').replace(/^ {10}.*$/gm, '');
    };
    const made = await measured({});
    await measured({ write: folder });
    expect(await measured({ records: folder, truth: join(folder, 'truth.tsv') })).toBe(made);
    expect(made).toContain('missed pairs by pitfall');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
