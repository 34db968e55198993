import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config.js';
import { type Ran, runProgram, spawnProgram } from '../support/program.js';

/** Runs the command line as a user does: the compiled program in its own folder. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-cli-'));
const worker = join(__dirname, '../../dist/src/worker.js');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Start = (args: readonly string[], place: Parameters<typeof runProgram>[1]) => Promise<Ran>;

function run(args: string[], environment: Record<string, string> = {}, start: Start = runProgram): Promise<Ran> {
  const env = {
    TEMPORAL_ADDRESS: process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS'],
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
    MONGODB_DATABASE: 'cli',
    ...environment,
  };
  return start(args, { cwd: dir, env });
}

const CASES: [string, string[], Record<string, string>, number, RegExp][] = [
  ['an unknown source', ['trigger', 'qualis'], {}, 2, /no source qualis, did you mean qualys/],
  ['no configured source', ['trigger'], {}, 2, /No source is configured\nCopy \.env\.example/],
  ['a bad setting', ['trigger', 'qualys'], { ROLLCALL_MAX_RECORDS: 'many' }, 2, /ROLLCALL_MAX_RECORDS/],
  [
    'a weak connection string',
    ['verify'],
    { MONGODB_URI: 'mongodb://u:canary-5c@127.0.0.1:1/?w=1' },
    2,
    /w=1, which weakens/,
  ],
  [
    'an unreachable Temporal server',
    ['trigger', 'qualys'],
    { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    5,
    /Temporal at 127\.0\.0\.1:1 does not respond\nStart it/,
  ],
  [
    'a disabled certificate check',
    ['trigger', 'qualys'],
    { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    2,
    /certificate checks/,
  ],
  ['a run that does not exist', ['verify', '--run', 'nope'], {}, 2, /There is no run nope/],
  ['a source without stored pages', ['replay', '--source', 'qualys'], {}, 2, /No stored pages for source qualys/],
  ['an unknown option', ['trigger', '--fast'], {}, 2, /unknown option '--fast'/],
  ['an unknown step', ['trigger', '--only', 'guess'], {}, 2, /Allowed choices are fetch, normalize, merge/],
];

/** This worker waits for an unreachable server while the other tests run. */
let withoutMongodb: Promise<Ran>;
beforeAll(() => {
  withoutMongodb = run([], { MONGODB_URI: 'mongodb://user:canary-9f@127.0.0.1:1/?replicaSet=rs0' }, (args, place) =>
    spawnProgram(args, place, worker),
  );
});

test.each(CASES)(
  '%s ends the command with one error sentence, a remedy and an exit code',
  async (_what, args, environment, code, message) => {
    const ran = await run(args, environment);
    expect(ran.err).toMatch(message);
    expect(ran.code).toBe(code);
    expect(ran.err).not.toMatch(/canary|^\s+at /m);
  },
);

test('the error for a malformed source definition names its file and the fault', async () => {
  writeFileSync(join(dir, 'acme.js'), "exports.default = { name: 'other', vendor: 'acme', input() {}, map() {} };");
  const ran = await run(['trigger', 'acme'], { ROLLCALL_SOURCES: dir });
  expect(ran.code).toBe(2);
  expect(ran.err).toMatch(/acme\.js is not a valid source/);
});

test('the program prints the same text and returns the same exit codes in its own process', async () => {
  const help = await run(['trigger', '--help'], {}, spawnProgram);
  expect(help.code).toBe(0);
  expect(help.out).toMatch(/npm run trigger -- --wait/);
  expect(await run(['trigger', '--help'])).toEqual(help);
  const unknown = await run(['trigger', 'qualis'], {}, spawnProgram);
  expect(unknown.code).toBe(2);
  expect(await run(['trigger', 'qualis'])).toEqual(unknown);
});

test('.env never overrides the environment, and empty variables count as not set', () => {
  expect(loadConfig({ TEMPORAL_ADDRESS: '', MONGODB_DATABASE: 'x' })).toMatchObject({
    temporal: { address: '127.0.0.1:7233' },
    mongodb: { database: 'x' },
  });
});

test('a worker that cannot reach MongoDB reports it with a remedy', async () => {
  const ran = await withoutMongodb;
  expect(ran.code).toBe(5);
  expect(ran.err).toMatch(/MongoDB at mongodb:\/\/127\.0\.0\.1:1\/ does not respond/);
  expect(ran.err).not.toMatch(/canary/);
});
