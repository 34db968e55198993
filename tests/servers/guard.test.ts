import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { transformFileSync } from '@swc/core';
import { isAlive } from '../../src/servers/process.js';
import { eventually } from '../support/eventually.js';

let dir: string;
const left: number[] = [];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-guard-'));
  const { code } = transformFileSync(join(__dirname, '../../src/servers/guard.ts'), {
    jsc: { parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  writeFileSync(join(dir, 'guard.js'), code);
});

afterAll(() => {
  for (const pid of left) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** Starts a parent that starts a long sleep, guards it, and then does `then`. Returns the ids of the two processes. */
async function parent(then: string): Promise<{ pid: number; child: number }> {
  const script = `
    const { spawn } = require('node:child_process');
    const { guard } = require(${JSON.stringify(join(dir, 'guard.js'))});
    const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
    child.unref();
    const release = guard(child.pid);
    process.stdout.write(child.pid + '\\n', () => { ${then} });`;
  const started = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const child = await new Promise<number>((resolve) =>
    started.stdout.once('data', (text: Buffer) => resolve(Number(text))),
  );
  left.push(child);
  return { pid: started.pid ?? 0, child };
}

async function dead(pid: number): Promise<boolean> {
  return eventually(`the end of process ${pid}`, () => !isAlive(pid));
}

const posix = process.platform === 'win32' ? test.skip : test;

posix.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
  'a guarded server ends when %s ends its parent',
  async (signal) => {
    const { pid, child } = await parent('setInterval(() => {}, 1000)');
    expect(isAlive(child)).toBe(true);
    process.kill(pid, signal);
    expect(await dead(child)).toBe(true);
  },
);

posix.each(['process.exit(3)', '', 'setTimeout(() => { throw new Error("thrown on purpose") }, 1)'])(
  'a guarded server ends when its parent ends by itself: %s',
  async (then) => {
    const { child } = await parent(then);
    expect(await dead(child)).toBe(true);
  },
);

posix('a server that is no longer guarded keeps running', async () => {
  const { pid, child } = await parent('release(); setTimeout(() => {}, 100)');
  expect(await dead(pid)).toBe(true);
  await delay(200);
  expect(isAlive(child)).toBe(true);
});
