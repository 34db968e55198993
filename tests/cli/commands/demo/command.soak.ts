import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openToOthers } from '../../../support/modes.js';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-demo-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Result {
  status: string;
  hosts: number;
  seconds: number;
  sources: Record<
    string,
    {
      pages: number;
      records: number;
      new: number;
      changed: number;
      unchanged: number;
      quarantined: number;
      gone: number;
    }
  >;
}

/** Runs `npm run demo -- …` as a new user does, in an empty folder. */
function demo(...args: string[]): Promise<{ code: number; out: string; result: Result }> {
  const { MONGODB_URI: _uri, TEMPORAL_ADDRESS: _address, ...env } = process.env;
  return new Promise((resolve) => {
    const script = join(__dirname, '../../../../scripts/run.mjs');
    execFile(
      process.execPath,
      [script, 'demo', '--json', ...args],
      { cwd: dir, env, maxBuffer: 1 << 24 },
      (error, out) => {
        const code = typeof error?.code === 'number' ? error.code : 0;
        resolve({ code, out, result: JSON.parse(out.trim().split('\n').at(-1) || '{}') as Result });
      },
    );
  });
}

test('the demo collects both vendors, shows hosts, and writes nothing the second time', async () => {
  const first = await demo('--hosts', '200', '--seed', '21');
  expect(first.code).toBe(0);
  expect(first.result).toMatchObject({ status: 'completed', hosts: 200 });
  const { qualys, crowdstrike } = first.result.sources;
  expect(qualys!.new).toBe(qualys!.records);
  expect(crowdstrike!.new).toBe(crowdstrike!.records);
  expect(first.out).toContain(`${qualys!.records + crowdstrike!.records} records are 200 hosts`);
  expect(first.out).toContain('Web UI');
  // The demo's databases, logs and notes contain an inventory, so only the owner may read them.
  expect(openToOthers(join(dir, '.rollcall', 'demo'))).toEqual([]);

  const second = await demo('--hosts', '200', '--seed', '21');
  expect(second.result).toMatchObject({
    hosts: 200,
    sources: { qualys: { new: 0, changed: 0, unchanged: qualys!.records } },
  });
});

test('one run collects logins of a queue and events of a file together with the hosts', async () => {
  const events = join(dir, 'some.jsonl');
  const event = (id: number, value: number) => `${JSON.stringify({ id, category: 'billing', value })}\n`;
  writeFileSync(events, event(3, 1) + event(1, 2) + event(3, 1) + 'broken\n');
  const { code, out, result } = await demo('--hosts', '100', '--logins', '300', '--events', events);
  expect(code).toBe(0);
  expect(result.sources).toMatchObject({
    qualys: { quarantined: 0 },
    logins: { records: 300, unchanged: 0 },
    events: { records: 4, new: 2, unchanged: 1, quarantined: 1 },
  });
  const { logins } = result.sources;
  expect(logins!.new + logins!.quarantined).toBe(300);
  expect(out).toMatch(/ip m1\.k1\.[\w-]+ \(\w/);
  expect(out).toMatch(/2 events.* in 1 category/);
});

const records = join(__dirname, '../../../shared/records');
const recorded = existsSync(records) ? test : test.skip;
if (!existsSync(records)) console.info('No recorded records next to the repository: their test is skipped');

recorded('fourteen recorded records become eight hosts', async () => {
  const { result } = await demo('--records', records);
  expect(result).toMatchObject({
    status: 'completed',
    hosts: 8,
    sources: { qualys: { records: 7 }, crowdstrike: { records: 7 } },
  });
});
