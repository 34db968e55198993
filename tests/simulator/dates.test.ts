import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSimulator } from '../../simulator/spawn.js';
import { FLEET_NOW } from '../../simulator/times.js';
import { fleetDate } from '../../src/demo/fleet-date.js';
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

test('all times of a fleet are before its date, and a seed and a date always give the same bytes', async () => {
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

test('the date of the demo’s fleet is within the last week and stays the same for two weeks, so that a second demo finds the data of the first one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-dates-'));
  try {
    const at = (text: string, database = 'demo_1_1') => fleetDate(folder, database, new Date(text));
    expect(at('2026-11-30T13:00:00Z')).toBe('2026-11-30T08:00:00.000Z');
    expect(at('2026-12-14T07:00:00Z')).toBe('2026-11-30T08:00:00.000Z');
    expect(at('2026-12-14T08:00:00Z')).toBe('2026-12-14T08:00:00.000Z');
    // The clock was set back.
    expect(at('2026-12-01T00:00:00Z')).toBe('2026-11-30T08:00:00.000Z');
    for (let day = 1; day < 30; day += 1) {
      const now = Date.UTC(2027, 0, day);
      const date = Date.parse(at(new Date(now).toISOString(), `demo_${day}_1`));
      expect((date - FLEET_NOW) % (7 * DAY)).toBe(0);
      expect(now - date).toBeLessThan(7 * DAY);
      expect(now).toBeGreaterThanOrEqual(date);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
