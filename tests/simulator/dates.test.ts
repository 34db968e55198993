import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSimulator } from '../../simulator/spawn.js';
import { fleetDate } from '../../src/cli/demo/fleet-date.js';
import { demo } from './clients.js';

const DAY = 86_400_000;

async function fleetOf(now?: string): Promise<string> {
  const simulator = await spawnSimulator({ hosts: 400, seed: 3, ...(now ? { now } : {}) });
  const bytes = await (await demo(simulator.url, 'qualys', 0, 300)).text();
  await simulator.stop();
  return bytes;
}

/** Times of a field, newest first. Some dialects wrap them. */
const timesOf = (bytes: string, field: string) =>
  [...bytes.matchAll(new RegExp(`"(?:${field})":(?:{"\\$date":)?"([^"]+)"`, 'g'))]
    .map(([, time]) => Date.parse(time!))
    .sort((a, b) => b - a);

test('a fleet lives until the date that it is given, and a seed and a date give the same bytes', async () => {
  const now = Date.UTC(2026, 10, 30);
  const dated = await fleetOf(new Date(now).toISOString());
  expect(await fleetOf(new Date(now).toISOString())).toBe(dated);
  expect(await fleetOf()).not.toBe(dated);
  const seen = timesOf(dated, 'lastVulnScan|modified');
  const created = timesOf(dated, 'created');
  expect(created.length).toBeGreaterThan(200);
  expect(created[0]).toBeLessThan(now);
  const fresh = created.filter((time) => time > now - 30 * DAY);
  expect(fresh.length).toBeGreaterThan(0);
  expect(fresh.length).toBeLessThan(created.length / 10);
  for (const time of seen) expect(time).toBeLessThan(now);
});

test('the demo dates its fleet from today, and keeps that for a week, so that a second demo finds what it wrote', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-dates-'));
  try {
    const at = (text: string) => fleetDate(folder, 'demo_1_1', new Date(text));
    expect(at('2026-11-30T13:00:00Z')).toBe('2026-11-30T00:00:00.000Z');
    expect(at('2026-12-06T23:00:00Z')).toBe('2026-11-30T00:00:00.000Z');
    expect(at('2026-12-07T00:00:00Z')).toBe('2026-12-07T00:00:00.000Z');
    // A clock that was set back.
    expect(at('2026-12-01T00:00:00Z')).toBe('2026-12-01T00:00:00.000Z');
    expect(fleetDate(folder, 'demo_2_1', new Date('2026-12-03T00:00:00Z'))).toBe('2026-12-03T00:00:00.000Z');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
