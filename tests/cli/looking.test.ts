import { normalizedHost } from '../../src/normalize/normalized-host.js';
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { appendPage } from '../../src/store/collections/pages.js';
import { putRecords } from '../../src/store/collections/records.js';
import { openRun } from '../../src/store/collections/runs.js';
import { markGone } from '../../src/merge/missing-records.js';
import { record } from '../host/records.js';
import { PROGRAM, type Ran, runProgram, spawnProgram } from '../support/program.js';
import { dropStore, freshStore } from '../support/store.js';

/** Runs the commands that show hosts: the compiled program on a real mongod. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-looking-'));
const database = `l${randomUUID().slice(0, 8)}`;
let store: Store;

const place = () => ({
  cwd: dir,
  env: {
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
    MONGODB_DATABASE: database,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  },
});
const run = (args: string[]): Promise<Ran> => runProgram(args, place());

/** Runs a program other than the compiled command line. */
function runOther(file: string, args: string[]): Promise<Ran> {
  const { cwd, env } = place();
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env: { PATH: process.env['PATH'], ...env } }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

const ago = (days: number) => new Date(Date.now() - days * 86_400_000 - 60_000);
const lines = (out: string) =>
  out
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function put(page: string, ...records: ReturnType<typeof record>[]): Promise<void> {
  for (const [row, one] of records.entries()) {
    const { source, vendor } = one;
    const origin = { source, vendor, page, run: 'run-1', observedAt: new Date() };
    await putRecords(store, origin, [normalizedHost(one, { row })]);
  }
  await mergeChanged(store, { holder: 'test', run: 'run-1' });
}

const SERIAL = 'C02F60U4Q05N';
/** A page of the source `crowdstrike-demo`, with an integer that a JavaScript number cannot represent. */
const ROWS = ['{"device_id":"web","serial_number":"C02F60U4Q05N","big":12345678901234567890}', '{"device_id":"other"}'];

beforeAll(async () => {
  store = await freshStore({ database });
  const body = Buffer.from(`[${ROWS.join(', ')}]`);
  const { page } = await appendPage(store, 'run-1', 'crowdstrike-demo', 0, {
    cursor: { skip: 0 },
    next: null,
    fetchedAt: new Date(),
    status: 200,
    mediaType: 'application/json',
    body,
    digest: createHash('sha256').update(body).digest('hex'),
    rows: 2,
  });
  await put(
    page._id,
    record('crowdstrike-demo:web', {
      hostname: 'web-01.corp.example.com',
      ip: '10.0.0.7',
      os: { name: 'Windows 10', type_id: 100 },
      hw_info: { serial_number: SERIAL },
      last_seen_time: ago(0),
    }),
  );
  await put(
    'gone/page',
    record('qualys:web', {
      hostname: 'web-01',
      os: { name: 'Windows 11', type_id: 100 },
      hw_info: { serial_number: SERIAL },
      last_seen_time: ago(40),
    }),
    record('qualys:db', { hostname: 'db-01', ip: '10.0.0.70', type_id: 1, type: 'Server', last_seen_time: ago(35) }),
    record('qualys:evil', { hostname: '\u001b]0;owned\u0007\u001b[31mevil', last_seen_time: ago(1) }),
  );
});
/** These workers stop with an error. They start here because they take seconds, while the other tests run. */
let cannotStart: Promise<Ran>;
let wrongClock: Promise<Ran>;
beforeAll(() => {
  cannotStart = spawnProgram(['worker'], place());
  const hook = join(dir, 'clock.cjs');
  writeFileSync(hook, 'const now = Date.now; Date.now = () => now() - 2 * 3_600_000;');
  const { cwd, env } = place();
  wrongClock = spawnProgram(['worker'], { cwd, env: { ...env, NODE_OPTIONS: `--require ${hook}` } });
});
afterAll(async () => {
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

describe('hosts', () => {
  test('finds hosts by a prefix of their values, as a table and as JSON lines', async () => {
    const table = await run(['hosts', '10.0.0.7']);
    expect(table.code).toBe(0);
    expect(table.out).toMatch(
      /web-01\.corp\.example\.com.*10\.0\.0\.7 .*Windows 10.*crowdstrike-demo, qualys.*\d+ min ago[^]*db-01/,
    );
    expect(table.err).toMatch(/host ID shows one/);
    const json = await run(['hosts', 'c02f', '--json']);
    expect(lines(json.out)).toMatchObject([
      { hostname: 'web-01.corp.example.com', sources: ['crowdstrike-demo', 'qualys'] },
    ]);
    expect(json.err).toBe('');
  });

  test.each([
    [['--lacks', 'crowdstrike-demo', '--type', 'Server'], ['db-01']],
    [['--source', 'crowdstrike-demo'], ['web-01.corp.example.com']],
    [['--stale', '30'], ['db-01']],
    [['--os', 'Windows 10'], ['web-01.corp.example.com']],
    [['web', '--os', 'Linux'], []],
    [['--limit', '1'], ['\u001b]0;owned\u0007\u001b[31mevil']],
    [['--retired'], []],
  ])('%j', async (args, names) => {
    const { out, code } = await run(['hosts', ...args, '--json']);
    expect(code).toBe(0);
    // The output has no control characters, so the test compares only the rest of this name.
    expect(lines(out).map(({ hostname }) => hostname)).toEqual(
      names.map((name) => (name.includes('owned') ? expect.stringContaining('evil') : name)),
    );
  });

  test('prints that there are more hosts, and that no hosts match', async () => {
    expect((await run(['hosts', '--limit', '2'])).err).toMatch(/The first 2: --limit or --all shows more/);
    expect((await run(['hosts', '--all'])).err).not.toMatch(/shows more/);
    expect(await run(['hosts', 'nothing'])).toMatchObject({ code: 0, out: '', err: 'No hosts match\n' });
    expect(await run(['hosts', '--stale', 'x'])).toMatchObject({ code: 2, err: expect.stringMatching(/whole number/) });
  });

  test('no control character of a host reaches the terminal', async () => {
    for (const args of [['hosts'], ['host', 'qualys:evil'], ['changes']]) {
      const { out } = await run(args);
      expect(out).toMatch(/evil/);
      // oxlint-disable-next-line no-control-regex -- the test checks that these characters are absent
      expect(out).not.toMatch(/[\u0007\u001b]/);
    }
  });
});

describe('host', () => {
  test('shows each value with its source and time, the records, the keys and a short reason for the merge', async () => {
    const { out } = await run(['host', 'web-01']);
    expect(out).toMatch(/^web-01\.corp\.example\.com$/m);
    expect(out).toMatch(/address +10\.0\.0\.7 +\(crowdstrike-demo, \d+ min ago\)/);
    expect(out).toMatch(/os +"Windows 10" \(crowdstrike-demo, \d+ min ago\) · "Windows 11" \(qualys, 40 days ago\)/);
    expect(out).toMatch(/known to\n +crowdstrike-demo:web {2}seen \d+ min ago\n +qualys:web {2}seen 40 days ago/);
    expect(out).toMatch(/recognised by\n[^]* +serial number C02F60U4Q05N/);
    expect(out).toMatch(
      /one host because\n .*record crowdstrike-demo:web and Qualys record qualys:web are one host because both report serial/,
    );
  });

  test('--records shows the content of each record', async () => {
    const { out } = await run(['host', 'web-01', '--records', '--json']);
    const { records } = JSON.parse(out) as { records: { _id: string }[] };
    expect(records.map(({ _id }) => _id)).toEqual(['crowdstrike-demo:web', 'qualys:web']);
    expect((await run(['host', 'web-01', '--records'])).out).toMatch(/qualys:web\n\{[^]*"name": "Windows 11"/);
  });

  test('--raw shows rows as received, with every digit, and states when a row is no longer stored', async () => {
    const { out } = await run(['host', 'web-01', '--raw']);
    expect(out).toMatch(
      /row 0 of page run-1\/crowdstrike-demo\/[0-9a-f]{16}, received .*\n\{\n {2}"device_id": "web",/,
    );
    expect(out).toMatch(/"big": 12345678901234567890/);
    expect(out).not.toMatch(/"other"/);
    expect(out).toMatch(/qualys:web\n.*gone\/page\n +Its page is not stored any more/);
    const one = await run(['host', 'web-01', '--raw', 'crowdstrike-demo:web', '--json']);
    expect((JSON.parse(one.out) as { raw: unknown[] }).raw).toMatchObject([
      { record: 'crowdstrike-demo:web', raw: ROWS[0] },
    ]);
    expect(await run(['host', 'web-01', '--raw', 'qualys:db'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/qualys:db is not of host .*\nIts records are/),
    });
  });
});

describe('changes', () => {
  test('lists the changes, the newest first, including new hosts', async () => {
    await put(
      'gone/page',
      record('qualys:db', { hostname: 'db-01', ip: '10.0.0.71', type_id: 1, type: 'Server', last_seen_time: ago(0) }),
    );
    await markGone(store, ['qualys:evil'], new Date());
    await mergeChanged(store, { holder: 'test', run: 'run-2' });
    const all = lines((await run(['changes', '--json'])).out);
    // The record of qualys:evil is gone, so no source lists its host. Both entries have the same time.
    expect(
      all
        .slice(0, 2)
        .map(({ kind, run: by }) => [kind, by].join(' '))
        .sort(),
    ).toEqual(['changed run-2', 'retired run-2']);
    expect(all[2]).toMatchObject({ kind: 'changed', hostname: 'db-01' });
    expect(all.filter(({ kind }) => kind === 'created')).toHaveLength(3);
    const { out } = await run(['changes', '--kind', 'changed', '--host', 'db-01']);
    expect(out).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d {2}changed {3}db-01 h[0-9a-f]{20} {2}device\.ip: 10\.0\.0\.70 → 10\.0\.0\.71 {2}\(run-1\)\n$/,
    );
    expect(lines((await run(['changes', '--kind', 'created', '--limit', '2', '--json'])).out)).toHaveLength(2);
  });

  test('rejects an unknown time or kind with the allowed choices, and prints when nothing happened', async () => {
    expect(await run(['changes', '--since', 'soon'])).toMatchObject({ code: 2 });
    expect((await run(['changes', '--kind', 'gone'])).err).toMatch(
      /Allowed choices are created, changed, renamed, merged/,
    );
    const later = new Date(Date.now() + 86_400_000).toISOString();
    expect(await run(['changes', '--since', later])).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/Nothing happened/),
    });
  });
});

describe('a run that is given by a prefix of its id', () => {
  const runs = ['20260101000000-aaaa', '20260101000000-bbbb', '20260101000000-cccc', '20260102000000-dddd'];
  beforeAll(async () => {
    for (const id of runs) await openRun(store, id, 'w', new Date());
    const [page] = await store.pages.find({ run: 'run-1' }).toArray();
    const pageOf = (run: string, source: string) => ({ ...page!, _id: `${run}/${source}/0`, run, source });
    await store.pages.insertMany([
      pageOf(runs[0]!, 'qualys-demo'),
      pageOf(runs[1]!, 'crowdstrike-demo'),
      pageOf(runs[3]!, 'qualys-demo'),
    ]);
  });

  test.each([
    [['replay', '--run', '20260101'], '2 runs with stored pages begin with 20260101', [0, 1]],
    [['verify', '--run', '2026010'], '3 runs with stored pages begin with 2026010', [0, 1, 3]],
    [['runs', 'show', '20260101'], '3 runs begin with 20260101', [0, 1, 2]],
    [['runs', 'confirm', '20260101'], '3 runs begin with 20260101', [0, 1, 2]],
  ])('%j lists the matching runs', async (args, message, which) => {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(runs.filter((id) => err.includes(`  ${id}  `))).toEqual(which.map((at) => runs[at]));
  });

  test('a prefix selects a run when only one matching run has pages, or when only one run matches', async () => {
    // Temporal is not running: this error shows that the command has found the run.
    const noTemporal = { code: 5, err: expect.stringContaining('Temporal') };
    for (const args of [
      ['--run', '20260101', '--source', 'qualys-demo'],
      ['--run', '20260102'],
    ])
      expect(await run(['replay', ...args])).toMatchObject(noTemporal);
    expect((await run(['verify', '--run', '20260102'])).out).toContain(`Run ${runs[3]}`);
    expect((await run(['runs', 'show', runs[2]!])).out).toContain(runs[2]);
  });

  test('a run without pages is reported', async () => {
    for (const args of [
      ['replay', '--run', runs[2]!],
      ['verify', '--run', runs[2]!],
    ])
      expect(await run(args)).toMatchObject({
        code: 2,
        err: expect.stringContaining(`No stored pages for run ${runs[2]}`),
      });
    const none = await run(['replay', '--run', '20260101', '--source', 'logins']);
    expect(none.err).toContain('No stored pages for the 3 runs that begin with 20260101 of logins');
  });
});

describe('the program', () => {
  test('help groups the commands, shows examples and loads no slow module; a mistyped command or option gets a suggestion', async () => {
    const hook = join(dir, 'loaded.cjs');
    writeFileSync(hook, "process.on('exit', () => process.stderr.write(Object.keys(require.cache).join()));");
    const { out, err } = await runOther(process.execPath, ['-r', hook, PROGRAM, '--help']);
    expect(err).toMatch(/commander/);
    // Loading these modules takes several times as long as everything else.
    expect(err).not.toMatch(/node_modules.(mongodb|@temporalio|zod)/);
    expect(out).toMatch(/Look at hosts:\n +hosts +find hosts\n[^]*Examples:/);
    expect(await run(['hots'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/Did you mean one of host, hosts/),
    });
    expect(await run(['hosts', '--sorce', 'x'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/Did you mean --source/),
    });
    expect((await run(['help', 'hosts'])).out).toMatch(/--lacks <source>/);
  });

  test('a worker that cannot start ends with the same error as npm start', async () => {
    expect(await cannotStart).toMatchObject({
      code: 5,
      err: expect.stringMatching(/Temporal at 127\.0\.0\.1:1 does not respond/),
    });
  });

  test('a worker whose clock is wrong does not start', async () => {
    expect(await wrongClock).toMatchObject({
      code: 2,
      err: expect.stringMatching(/This machine's clock is 2 hours behind MongoDB's.*\n.*time server/),
    });
  });

  test('bash completes commands, options and their values', async () => {
    const script = join(dir, 'complete.bash');
    writeFileSync(script, (await run(['completion', 'bash'])).out);
    const expected: Record<string, string> = {
      'rollcall ho': 'hosts host',
      'rollcall mask ro': 'rotate',
      'rollcall hosts --la': '--lacks',
      'rollcall trigger --only f': 'fetch',
      'rollcall completion z': 'zsh',
    };
    const ask = Object.keys(expected).map(
      (typed) =>
        `COMP_WORDS=(${typed}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); COMPREPLY=(); _rollcall; echo "${typed}: \${COMPREPLY[@]}"`,
    );
    const { out } = await runOther('bash', ['-c', [`source ${script}`, ...ask].join('\n')]);
    expect(out.trim().split('\n')).toEqual(
      Object.entries(expected).map(([typed, completions]) => `${typed}: ${completions}`),
    );
  });

  test('the completions of zsh and fish contain every command with its description', async () => {
    expect((await run(['completion', 'zsh'])).out).toMatch(/'hosts:find hosts'/);
    expect((await run(['completion', 'fish'])).out).toMatch(/-a 'hosts' -d 'find hosts'/);
    expect(await run(['completion', 'csh'])).toMatchObject({ code: 2, err: expect.stringMatching(/bash, zsh, fish/) });
  });
});
