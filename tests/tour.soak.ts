import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../src/servers/ports.js';
import { eventually } from './support/eventually.js';
import { comparePrinted, stepsOf } from './support/tour.js';

/**
 * Runs docs/tour.md as a new user does: its commands one after the other in an empty folder. Compares what they print
 * with the page.
 */

const ROOT = join(__dirname, '..');
const dir = mkdtempSync(join(tmpdir(), 'rollcall-tour-'));
const steps = stepsOf(readFileSync(join(ROOT, 'docs/tour.md'), 'utf8'));
/** Each run of the page, and the run that replaces it in this test. */
const runs = new Map<string, string>();
const RUN = '20261121225641-3273b44f';
let uiPort: number;

/** What `npm run` does in a clone: `rollcall` is the program itself, the others are commands of it. */
const NPM = `npm() {
  script=$2; shift 2; if [ "$1" = -- ]; then shift; fi
  if [ "$script" != rollcall ]; then set -- "$script" "$@"; fi
  "$NODE" --enable-source-maps "$PROGRAM" "$@"
}
`;

interface Started {
  shell: ChildProcess;
  printed(): string;
}

let outputs = 0;

/**
 * Starts commands in the folder of the tour. Both streams go to one file as on a terminal, but as plain text: running
 * on a CI server changes nothing.
 */
function start(commands: string): Started {
  const file = join(dir, `.output-${(outputs += 1)}`);
  const output = openSync(file, 'w');
  const { MONGODB_URI: _uri, TEMPORAL_ADDRESS: _address, FORCE_COLOR: _colour, ...own } = process.env;
  const env = {
    ...own,
    CI: 'true',
    NODE: process.execPath,
    PROGRAM: join(ROOT, 'dist/src/cli/main.js'),
    ROLLCALL_UI_ADDRESS: `127.0.0.1:${uiPort}`,
  };
  const shell = spawn('sh', ['-ec', NPM + commands], {
    cwd: dir,
    env,
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  return { shell, printed: () => readFileSync(file, 'utf8') };
}

/** Ends a command that runs until the user ends it, as Ctrl-C does. */
async function interrupt({ shell }: Started): Promise<void> {
  const ended = once(shell, 'exit');
  process.kill(-shell.pid!, 'SIGINT');
  await ended;
}

/** Requests hosts from the served page, as a browser does while the user types. */
async function requestPage(page: Started): Promise<void> {
  await eventually(
    'a page that is served',
    () => page.printed(),
    (text) => page.shell.exitCode !== null || text.includes('Ctrl-C'),
  );
  if (page.shell.exitCode !== null) return;
  const url = /^http:\S+/m.exec(page.printed())![0];
  const found = (await (await fetch(`${url}/api/hosts?q=lt-`)).json()) as { hosts: { hostname: string }[] };
  expect(found.hosts.length).toBeGreaterThan(10);
  for (const { hostname } of found.hosts) expect(hostname).toMatch(/^lt-/);
  for (const path of ['/', '/reports/latest']) {
    const shown = await fetch(url + path);
    expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining('</html>')]);
  }
  await interrupt(page);
}

async function runCommands(commands: string): Promise<string> {
  const started = start(commands);
  if (/^npm run rollcall -- ui\b/m.test(commands)) await requestPage(started);
  else await once(started.shell, 'exit');
  return started.printed();
}

beforeAll(async () => {
  uiPort = await freePort();
});
afterAll(async () => {
  await runCommands('npm run demo -- --stop');
  rmSync(dir, { recursive: true, force: true });
});

test('the page has the steps that a new user needs', () => {
  expect(steps.length).toBeGreaterThan(12);
});

test.each([
  ['another number', '13 records read', '12 records read'],
  ['a line that is not on the page', 'one\ntwo', 'one\nand\ntwo'],
  ['a line that is not printed', 'one\n…\ntwo\n…', 'one\nthree'],
  ['something after the end', 'one\n…\ntwo', 'one\ntwo\nthree'],
  ['something before the beginning', 'one\n…', 'zero\none'],
  ['a command without text on the page that prints something', '', 'Not found'],
  ['another run in place of the same run', `${RUN} and ${RUN}`, `${RUN} and 20270101000000-00000000`],
])('%s does not match the page', (_what, page, printed) => {
  expect(() => comparePrinted(page, printed, new Map())).toThrow(/docs\/tour\.md/);
});

test('times, runs, ports and omitted text may differ, and the replaced runs are stored', () => {
  const page = `Run ${RUN} at 127.0.0.1:8400 took 2.5 s, just now, because …\n…\nend`;
  const printed = 'Run 20270101000000-00000000 at 127.0.0.1:1 took 12 ms,   3 days ago, because of it\n\nmore\nend\n';
  const seen = new Map<string, string>();
  comparePrinted(page, printed, seen);
  expect([...seen]).toEqual([[RUN, '20270101000000-00000000']]);
});

describe('each step of the page prints the text of the page', () => {
  for (const [index, step] of steps.entries()) {
    const what = 'commands' in step ? step.commands.trim().split('\n').at(-1)! : `a line of ${step.file}`;
    test(`${index + 1} ${step.heading}: ${what}`, async () => {
      if ('file' in step) {
        const path = join(dir, step.file);
        const text = readFileSync(path, 'utf8');
        expect(text.split('\n')).toContain(step.before);
        writeFileSync(
          path,
          text.replace(step.before, () => step.after),
        );
        return;
      }
      let { commands } = step;
      for (const [theirs, ours] of runs) commands = commands.replaceAll(theirs, ours);
      const printed = await runCommands(commands);
      comparePrinted(step.printed ?? '', printed, runs);
    });
  }
});
