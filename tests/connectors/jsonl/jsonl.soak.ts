import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonlInput, jsonlRows } from '../../../src/connectors/jsonl/index.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-jsonl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('memory stays flat over 300 MB with a line of 100 MB', async () => {
  const file = openSync(join(folder, 'a.jsonl'), 'w');
  const block = `{"n":1,"text":"${'x'.repeat(80)}"}\n`.repeat(10_000);
  for (let written = 0; written < 100e6; written += block.length) writeSync(file, block);
  const part = Buffer.alloc(1e6, 'x');
  for (let written = 0; written < 100; written++) writeSync(file, part);
  writeSync(file, '\n');
  for (let written = 0; written < 100e6; written += block.length) writeSync(file, block);
  closeSync(file);
  const before = process.memoryUsage.rss();
  let most = 0;
  let rows = 0;
  let cut: string | undefined;
  const input = jsonlInput({ source: 'log', path: folder });
  for await (const page of input.pages(null, { signal: new AbortController().signal, more: () => true })) {
    for (const { error } of jsonlRows()(page, 'log')) if (error) cut = `${error} ${page.mediaType}`;
    rows += page.rows;
    most = Math.max(most, process.memoryUsage.rss() - before);
  }
  expect(cut).toBe('the line is longer than 16 MiB application/jsonl; cut=100000000');
  expect(rows).toBeGreaterThan(2e6 - 1e5);
  expect(most).toBeLessThan(160e6);
});
