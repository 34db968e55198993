import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ABANDONED_MS, privateFolder } from '../../src/system/private-folder.js';

const parent = mkdtempSync(join(tmpdir(), 'rollcall-private-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test('each attempt has its own private folder, and removes the folders of killed attempts and no others', async () => {
  const old = new Date(Date.now() - ABANDONED_MS - 60_000);
  const make = (name: string, at: Date) => {
    mkdirSync(join(parent, name));
    writeFileSync(join(parent, name, 'file'), '');
    utimesSync(join(parent, name), at, at);
  };
  make('work-killed', old);
  make('work-alive', new Date());
  make('somebody-else', old);
  const [one, two] = [await privateFolder(parent, 'work-'), await privateFolder(parent, 'work-')];
  expect(one.path).not.toBe(two.path);
  expect(statSync(one.path).mode & 0o777).toBe(0o700);
  writeFileSync(join(one.path, 'file'), '');
  await two.release();
  expect(existsSync(join(one.path, 'file'))).toBe(true);
  await one.release();
  expect(readdirSync(parent).sort()).toEqual(['somebody-else', 'work-alive']);
});

test('a folder that is in use for a long time is not treated as abandoned', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  try {
    const slow = await privateFolder(parent, 'slow-');
    const old = new Date(Date.now() - 2 * ABANDONED_MS);
    utimesSync(slow.path, old, old);
    jest.advanceTimersByTime(120_000);
    const touched = () => statSync(slow.path).mtimeMs > old.getTime();
    while (!touched()) await new Promise((resolve) => setImmediate(resolve));
    const other = await privateFolder(parent, 'slow-');
    expect(existsSync(slow.path)).toBe(true);
    await slow.release();
    await other.release();
  } finally {
    jest.useRealTimers();
  }
});
