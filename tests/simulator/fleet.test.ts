import { startSimulator } from '../../simulator/server.js';
import { control, demo, demoPage, type Row } from './clients.js';

const RECORDS = 100;

async function bytesOf(
  options: Parameters<typeof startSimulator>[0],
): Promise<{ qualys: string; crowdstrike: string }> {
  const { url, stop } = await startSimulator(options);
  const qualys = await (await demo(url, 'qualys', 0, RECORDS)).text();
  const crowdstrike = await (await demo(url, 'crowdstrike', 0, RECORDS)).text();
  await stop();
  return { qualys, crowdstrike };
}

test('a seed gives the same bytes each time, and another seed gives other bytes', async () => {
  const first = await bytesOf({ hosts: 150, seed: 3 });
  expect(await bytesOf({ hosts: 150, seed: 3 })).toEqual(first);
  expect((await bytesOf({ hosts: 150, seed: 4 })).qualys).not.toBe(first.qualys);
});

test('lean records are about 6 and 3 KB, fat ones about 95 and 3 KB', async () => {
  const lean = await bytesOf({ hosts: 150 });
  const fat = await bytesOf({ hosts: 150, fleet: 'fat' });
  const around = (text: string, kilobytes: number): void => {
    expect(text.length / RECORDS).toBeGreaterThan(kilobytes * 900);
    expect(text.length / RECORDS).toBeLessThan(kilobytes * 1100);
  };
  around(lean.qualys, 6);
  around(lean.crowdstrike, 3);
  around(fat.qualys, 95);
  around(fat.crowdstrike, 3);
});

/** Paths whose values differ between two records. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (typeof before !== 'object' || before === null || typeof after !== 'object' || after === null) {
    return before === after ? [] : [path];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    differences((before as Row)[key], (after as Row)[key], path ? `${path}.${key}` : key),
  );
}

const VOLATILE = {
  qualys: ['agentInfo.lastCheckedIn.$date', 'lastComplianceScan', 'lastVulnScan.$date', 'modified'],
  crowdstrike: ['agent_local_time', 'last_seen', 'meta.version', 'modified_timestamp.$date'],
};

test('a touch moves the volatile times of every record and nothing else', async () => {
  const { url, stop } = await startSimulator({ hosts: 80 });
  for (const vendor of ['qualys', 'crowdstrike'] as const) {
    const before = await demoPage(url, vendor, 0, 50);
    await control(url, 'POST', 'fleet', { touch: true });
    const after = await demoPage(url, vendor, 0, 50);
    for (let place = 0; place < 50; place++) {
      const changed = differences(before[place], after[place]);
      expect(changed.length).toBeGreaterThan(0);
      expect(VOLATILE[vendor]).toEqual(expect.arrayContaining(changed));
    }
  }
  await stop();
});

test('a change modifies a real field of as many records as it reports', async () => {
  const { url, inventory, stop } = await startSimulator({ hosts: 200 });
  const read = async () => ({
    qualys: await demoPage(url, 'qualys', 0, inventory.count('qualys')),
    crowdstrike: await demoPage(url, 'crowdstrike', 0, inventory.count('crowdstrike')),
  });
  const before = await read();
  const { changed } = await control<{ changed: { qualys: number; crowdstrike: number } }>(url, 'POST', 'fleet', {
    change: 0.1,
  });
  const after = await read();
  for (const vendor of ['qualys', 'crowdstrike'] as const) {
    const moved = before[vendor].filter((record, place) => differences(record, after[vendor][place]).length > 0).length;
    expect(moved).toBe(changed[vendor]);
    expect(moved / before[vendor].length).toBeGreaterThan(0.05);
    expect(moved / before[vendor].length).toBeLessThan(0.15);
  }
  await stop();
});

test('a fleet loses its last machines when it shrinks, and gets the same machines when it grows again', async () => {
  const { url, inventory, stop } = await startSimulator({ hosts: 200 });
  const before = await demoPage(url, 'crowdstrike', 0, inventory.count('crowdstrike'));
  expect(await control(url, 'POST', 'fleet', { remove: 50 })).toMatchObject({ hosts: 150 });
  const fewer = await demoPage(url, 'crowdstrike', 0, inventory.count('crowdstrike'));
  expect(fewer.length).toBeLessThan(before.length);
  const ids = new Set(before.map(({ device_id }) => device_id));
  expect(fewer.every(({ device_id }) => ids.has(device_id))).toBe(true);
  expect(await control(url, 'POST', 'fleet', { add: 50 })).toMatchObject({ hosts: 200 });
  expect(await demoPage(url, 'crowdstrike', 0, inventory.count('crowdstrike'))).toEqual(before);
  await stop();
});
