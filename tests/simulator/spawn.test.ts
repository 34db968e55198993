import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseFlags, toFlags } from '../../simulator/options.js';
import { spawnSimulator } from '../../simulator/spawn.js';
import { demoPage } from './clients.js';
import { eventually } from '../support/eventually.js';

const ENTRY = join(__dirname, '../../dist/simulator/main.js');
const compiled = existsSync(ENTRY) ? test : test.skip;
if (compiled === test.skip) process.stderr.write('Skipped: the simulator is not compiled\n');

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

compiled('a simulator in its own process serves records, can be controlled, and ends on request', async () => {
  const simulator = await spawnSimulator({ hosts: 200, seed: 2 });
  expect(await demoPage(simulator.url, 'qualys', 0, 5)).toHaveLength(5);
  expect(simulator.environment).toMatchObject({ QUALYS_URL: simulator.url, CROWDSTRIKE_CLIENT_ID: 'demo-client' });
  const { hosts, records, requests } = await simulator.state();
  expect([hosts, requests]).toEqual([200, 1]);
  const truth = await simulator.truth();
  expect(truth.filter(({ qualys }) => qualys)).toHaveLength(records.qualys);
  await simulator.changeFleet({ touch: true });
  await simulator.setFaults({ kind: 'outage', at: 1 });
  await expect(demoPage(simulator.url, 'qualys', 0, 1)).rejects.toThrow(/500/);
  await simulator.stop();
  expect(alive(simulator.pid)).toBe(false);
});

compiled('a simulator ends when the process that started it is killed', async () => {
  const script = `require(${JSON.stringify(join(ENTRY, '../spawn.js'))}).spawnSimulator({hosts: 10}).then((s) => console.log(s.pid))`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))),
  );
  expect(alive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await eventually('its end', () => !alive(pid));
});

compiled('a simulator that cannot start reports the reason', async () => {
  await expect(spawnSimulator({ records: join(__dirname, 'nowhere') })).rejects.toThrow(/No records in/);
});

test('options are unchanged after the conversion to flags and back', () => {
  const options = {
    hosts: 5,
    seed: 9,
    latency: 50,
    fleet: 'fat' as const,
    faults: [{ kind: 'hang' as const, at: 3 }],
    credentials: { demoToken: 'other' },
  };
  expect(parseFlags(toFlags(options))).toEqual(options);
  expect(() => parseFlags(['--hosts', 'many'])).toThrow('--hosts must be a whole number, not many');
});
