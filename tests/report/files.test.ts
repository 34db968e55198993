import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceFolder } from '../../src/report/folder.js';
import { pngOf, findFonts } from '../../src/report/png.js';
import { countryOf } from '../../src/report/regions.js';
import { writeReport } from '../../src/report/report.js';
import { hideSmall } from '../../src/report/small-groups.js';
import { roughDuration } from '../../src/format/time.js';
import { percent } from '../../src/report/text.js';
import type { Store } from '../../src/store/database.js';
import { openToOthers } from '../support/modes.js';
import { AS_OF, fleetOf, store as put } from './fleet.js';
import { dropStore, freshStore } from '../support/store.js';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-report-'));
let store: Store;

beforeAll(async () => {
  store = await freshStore();
  await put(store, fleetOf(20));
});
afterAll(async () => {
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

test('a report of the same day replaces all files of the report before', async () => {
  const first = await writeReport(store, { dir, asOf: AS_OF });
  expect(first.dir).toBe(join(dir, '2026-03-02'));
  expect(first.files).toEqual(
    expect.arrayContaining([
      'index.html',
      'data.json',
      'hosts-without-agent.csv',
      'charts/coverage.svg',
      'charts/coverage.png',
      'charts/coverage.csv',
    ]),
  );
  writeFileSync(join(first.dir, 'old-file'), '');
  const second = await writeReport(store, { dir, asOf: AS_OF, formats: ['html'] });
  expect(second.files).toEqual(['data.json', 'index.html']);
  expect(readdirSync(dir)).toEqual(['2026-03-02']);
});

test('only its owner can read a report', async () => {
  const before = process.umask(0o022);
  try {
    const written = await writeReport(store, { dir: join(dir, 'private'), asOf: AS_OF });
    expect(written.files.length).toBeGreaterThan(10);
    expect(openToOthers(join(dir, 'private'))).toEqual([]);
  } finally {
    process.umask(before);
    rmSync(join(dir, 'private'), { recursive: true, force: true });
  }
});

test("the folder of a report is named after the day in the user's time zone", async () => {
  const late = new Date('2026-03-02T23:30:00Z');
  const there = join(dir, 'there');
  await writeReport(store, { dir: there, asOf: late, timezone: 'Asia/Tokyo', formats: [] });
  expect(readdirSync(there)).toEqual(['2026-03-03']);
});

test('a report that fails or is aborted leaves the report before unchanged, and no other files', async () => {
  const target = join(dir, '2026-03-02');
  const before = readFileSync(join(target, 'index.html'), 'utf8');
  await expect(writeReport(store, { dir, asOf: AS_OF, signal: AbortSignal.abort() })).rejects.toThrow();
  await expect(
    replaceFolder(target, async (folder) => {
      writeFileSync(join(folder, 'half'), '');
      throw new Error('the disk is full');
    }),
  ).rejects.toThrow('the disk is full');
  expect(readFileSync(join(target, 'index.html'), 'utf8')).toBe(before);
  expect(readdirSync(dir).sort()).toEqual(['2026-03-02', 'there']);
});

test('a report is in its folder only when it is complete', async () => {
  const target = join(dir, 'unseen');
  await replaceFolder(target, async (folder) => {
    writeFileSync(join(folder, 'a'), '');
    expect(existsSync(target)).toBe(false);
  });
  expect(readdirSync(target)).toEqual(['a']);
});

test('several reports that are written at once all end, and one of them is complete in the folder', async () => {
  const target = join(dir, 'twice');
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) =>
      replaceFolder(target, async (folder) => {
        for (const part of ['1', '2', '3']) writeFileSync(join(folder, `${name}${part}`), '');
      }),
    ),
  );
  const names = readdirSync(target);
  expect(names).toHaveLength(3);
  expect(new Set(names.map((name) => name[0])).size).toBe(1);
});

test('old files of a killed process are removed', async () => {
  const place = join(dir, 'left');
  for (const name of ['.day.old', '.day.new', '.other.old']) mkdirSync(join(place, name), { recursive: true });
  const old = new Date(Date.now() - 7_200_000);
  utimesSync(join(place, '.day.old'), old, old);
  utimesSync(join(place, '.other.old'), old, old);
  await replaceFolder(join(place, 'day'), async () => {});
  expect(readdirSync(place).sort()).toEqual(['.day.new', '.other.old', 'day']);
});

test('a PNG shows text', async () => {
  const fonts = findFonts();
  if (!fonts) {
    process.stderr.write('There is no font here: PNGs are not tried\n');
    return;
  }
  const svg = (text: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="5" y="25" font-family="sans-serif">${text}</text></svg>`;
  const [blank, lettered, other] = await Promise.all(
    ['', 'Rollcall', 'Rollcalm'].map((text) => pngOf(svg(text), fonts)),
  );
  expect(lettered!.subarray(1, 4).toString()).toBe('PNG');
  expect(lettered!.length).toBeGreaterThan(blank!.length + 300);
  expect(lettered!.equals(other!)).toBe(false);
});

test('the country of a region depends on its provider, and the longest region name matches first', () => {
  expect(countryOf('gcp', 'europe-west12')).toBe('Italy');
  expect(countryOf('gcp', 'europe-west1')).toBe('Belgium');
  expect(countryOf('aws', 'eu-central-2')).toBe('Switzerland');
  expect(countryOf('azure', 'WestEurope')).toBe('Netherlands');
  expect(countryOf('aws', 'westeurope')).toBeUndefined();
  expect(countryOf('constructor', 'toString')).toBeUndefined();
});

test('small groups are hidden together with a larger one, so that the total does not reveal them', () => {
  const group = (users: number) => ({ users });
  expect(hideSmall([9, 5, 7].map(group)).hidden).toEqual([]);
  expect(hideSmall([9, 5, 4].map(group))).toEqual({ shown: [group(9)], hidden: [group(4), group(5)] });
  expect(hideSmall([4, 3].map(group)).shown).toEqual([]);
});

test('shares are never rounded to 0 or 100 percent', () => {
  expect(
    [percent(0, 10), percent(1, 1_000), percent(999, 1_000), percent(10, 10), percent(0, 0)].map((text) =>
      text.replaceAll('\u00a0', ' '),
    ),
  ).toEqual(['0 %', '< 1 %', '> 99 %', '100 %', '–']);
  expect([420, 42_000, 300_000, 7_200_000, 864_000_000].map(roughDuration)).toEqual([
    '0.4 s',
    '42 s',
    '5 min',
    '2 h',
    '10 days',
  ]);
});
