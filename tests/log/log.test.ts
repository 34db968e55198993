import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../src/model/failure.js';
import { networkFailure } from '../../src/connectors/http/network.js';
import { loadConfig } from '../../src/config.js';
import { openLog } from '../../src/log/log.js';
import { DateFolders } from '../../src/log/folders.js';
import { LogReader } from '../../src/log/read.js';
import { secretsOf } from '../../src/log/secrets.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { runProgram } from '../support/program.js';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'rollcall-log-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const root = join(__dirname, '../..');
const linesOf = (...path: string[]) =>
  readFileSync(join(dir, ...path), 'utf8')
    .split('\n')
    .filter(Boolean);
const parsed = (...path: string[]) => linesOf(...path).map((line) => JSON.parse(line) as Record<string, unknown>);
const everything = () =>
  readdirSync(dir, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('');

function open(options: Partial<Parameters<typeof openLog>[0]> = {}) {
  return openLog({ dir, level: 'info', keepDays: 30, console: false, ...options });
}

describe('folders', () => {
  test('the log writes lines into the folder of the day, and after midnight UTC into the next folder', () => {
    let now = new Date('2026-11-21T23:59:59.900Z');
    const log = open({ now: () => now });
    log.info({ run: 'r1' }, 'before');
    now = new Date('2026-11-22T00:00:00.100Z');
    log.info('after');
    expect(parsed('2026-11-21', 'rollcall.log')).toEqual([
      expect.objectContaining({ msg: 'before', run: 'r1', level: 'info' }),
    ]);
    expect(parsed('2026-11-22', 'rollcall.log')).toEqual([expect.objectContaining({ msg: 'after' })]);
  });

  test('the log continues in the next file when a file is full, also in a process that starts later', () => {
    const now = () => new Date('2026-11-21T10:00:00Z');
    for (const _start of [1, 2]) {
      const log = open({ now, maxBytes: 1_000 });
      for (let n = 0; n < 10; n += 1) log.info({ padding: 'x'.repeat(200) }, 'line');
    }
    const names = readdirSync(join(dir, '2026-11-21')).sort();
    expect(names).toEqual(expect.arrayContaining(['rollcall.log', 'rollcall.1.log', 'rollcall.2.log']));
    for (const name of names) expect(readFileSync(join(dir, '2026-11-21', name)).length).toBeLessThanOrEqual(1_000);
    expect(names.flatMap((name) => linesOf('2026-11-21', name))).toHaveLength(20);
  });

  test('the log removes log files of old days and nothing else', () => {
    const day = (name: string, ...files: string[]) => {
      mkdirSync(join(dir, name), { recursive: true });
      for (const file of files) writeFileSync(join(dir, name, file), '');
    };
    day('2026-10-21', 'rollcall.log', 'rollcall.1.log');
    day('2026-10-22', 'rollcall.log');
    day('2026-10-20', 'rollcall.log', 'mongod.log');
    day('2026-09-31', 'rollcall.log'); // not a valid date
    day('archive', 'rollcall.log');
    let now = new Date('2026-11-20T12:00:00Z');
    const log = open({ now: () => now });
    log.info('first');
    expect(existsSync(join(dir, '2026-10-21'))).toBe(true);
    now = new Date('2026-11-21T00:00:01Z');
    log.info('second');
    expect(readdirSync(dir).sort()).toEqual([
      '2026-09-31',
      '2026-10-20',
      '2026-10-22',
      '2026-11-20',
      '2026-11-21',
      'archive',
    ]);
    expect(readdirSync(join(dir, '2026-10-20'))).toEqual(['mongod.log']);
  });

  test('several processes write into one file, and every line is complete', async () => {
    const script = `
      const { DateFolders } = require(${JSON.stringify(join(root, 'dist/src/log/folders.js'))});
      const folders = new DateFolders({ dir: process.argv[1], keepDays: 30, maxBytes: 200_000 });
      for (let n = 0; n < 1500; n += 1) folders.write(JSON.stringify({ who: process.argv[2], n, padding: 'x'.repeat(n % 300) }) + '\\n');`;
    await Promise.all(
      ['a', 'b', 'c'].map(
        (who) =>
          new Promise((resolve, reject) =>
            spawn(process.execPath, ['-e', script, dir, who]).once('exit', (code) =>
              code === 0 ? resolve(code) : reject(new Error(`exit ${code}`)),
            ),
          ),
      ),
    );
    const [day] = readdirSync(dir);
    const files = readdirSync(join(dir, day!));
    expect(files.length).toBeGreaterThan(1);
    const all = files.flatMap((name) => parsed(day!, name)) as { who: string; n: number }[];
    for (const who of ['a', 'b', 'c'])
      expect(
        all
          .filter((line) => line.who === who)
          .map(({ n }) => n)
          .sort((a, b) => a - b),
      ).toEqual([...Array(1500).keys()]);
  });

  test('when the folder cannot be written, the log drops lines and reports the error once and the recovery once', () => {
    let now = Date.parse('2026-11-21T10:00:00Z');
    const statuses: object[] = [];
    const below = join(dir, 'logs');
    writeFileSync(below, 'a file where the folder belongs');
    const folders = new DateFolders({
      dir: below,
      keepDays: 30,
      now: () => new Date(now),
      onWriteStatus: (status) => statuses.push(status),
    });
    for (let n = 0; n < 3; n += 1) folders.write(`{"n":${n}}\n`);
    expect(statuses).toEqual([{ code: expect.stringMatching(/ENOTDIR|EEXIST/) }]);
    rmSync(below);
    folders.write('{"n":3}\n'); // too early to try again
    now += 11_000;
    folders.write('{"n":4}\n');
    expect(statuses).toEqual([expect.anything(), { lost: 4 }]);
    expect(parsed('logs', '2026-11-21', 'rollcall.log')).toEqual([{ n: 4 }]);
  });

  test('lines after a full disk are complete', () => {
    if (!existsSync('/dev/full')) return;
    let now = Date.parse('2026-11-21T10:00:00Z');
    const statuses: object[] = [];
    mkdirSync(join(dir, '2026-11-21'));
    spawnSync('ln', ['-s', '/dev/full', join(dir, '2026-11-21', 'rollcall.log')]);
    const folders = new DateFolders({
      dir,
      keepDays: 30,
      now: () => new Date(now),
      onWriteStatus: (status) => statuses.push(status),
    });
    folders.write('{"n":0}\n');
    expect(statuses).toEqual([{ code: 'ENOSPC' }]);
    rmSync(join(dir, '2026-11-21', 'rollcall.log'));
    now += 11_000;
    folders.write('{"n":1}\n');
    expect(parsed('2026-11-21', 'rollcall.log')).toEqual([{ n: 1 }]);
  });

  test('the log creates a file again that is removed while it is open', () => {
    const log = open();
    log.info('one');
    const [day] = readdirSync(dir);
    rmSync(join(dir, day!), { recursive: true });
    log.info('two');
    expect(parsed(day!, 'rollcall.log')).toEqual([expect.objectContaining({ msg: 'two' })]);
  });
});

describe('console', () => {
  const script = `
    const { openLog } = require(${JSON.stringify(join(root, 'dist/src/log/log.js'))});
    openLog({ dir: process.argv[1], level: 'info', keepDays: 30 }).warn({ run: 'r1' }, 'Vendor says \\u001b[2J no');`;

  test('is JSON if it is not a terminal', () => {
    const { stderr } = spawnSync(process.execPath, ['-e', script, dir], { encoding: 'utf8' });
    expect(JSON.parse(stderr)).toMatchObject({ level: 'warn', run: 'r1', msg: 'Vendor says \u001b[2J no' });
  });

  test('is readable on a terminal, in colours unless NO_COLOR is set, and without control sequences from messages', () => {
    const onTerminal = (environment: NodeJS.ProcessEnv) => {
      const command = `${process.execPath} -e '${script.replaceAll('\n', ' ').replaceAll("'", `'\\''`)}' '${dir}'`;
      return spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], TERM: 'xterm', ...environment },
      }).stdout;
    };
    const bare = onTerminal({ NO_COLOR: '1' });
    expect(bare).toMatch(/^\[?\d\d:\d\d:\d\d\]? WARN.*Vendor says \?\[2J no.*run=r1/);
    expect(bare).not.toContain('\u001b');
    const coloured = onTerminal({});
    expect(coloured).toContain('\u001b[');
    expect(coloured).not.toContain('\u001b[2J');
  });
});

describe('secrets', () => {
  const CANARY = 'kAnArY-7f3e9a5c1b';
  const secrets: [string, (log: ReturnType<typeof open>) => void][] = [
    [
      'a token in a URL',
      (log) =>
        log.warn(
          { at: `https://api.example.com/x?token=${CANARY}` },
          `GET https://api.example.com/x?token=${CANARY} failed`,
        ),
    ],
    [
      'a password in a URL',
      (log) => log.error({ uri: `mongodb://root:${CANARY}@db:27017/` }, `No answer from https://u:${CANARY}@host/`),
    ],
    [
      'headers',
      (log) =>
        log.error({ headers: { authorization: `Bearer ${CANARY}`, 'x-api-key': CANARY, token: CANARY } }, 'Refused'),
    ],
    [
      'headers as text',
      (log) => log.error(`authorization: Bearer ${CANARY}; Basic ${Buffer.from(`u:${CANARY}`).toString('base64')}`),
    ],
    [
      'an error of fetch',
      (log) =>
        log.error(
          { err: new TypeError(`fetch failed: https://h/p?key=${CANARY}`, { cause: new Error(`token=${CANARY}`) }) },
          'x',
        ),
    ],
    ['an error as the message', (log) => log.error(new Error(`Invalid header value "token: ${CANARY}"`))],
    [
      'a failure with a network cause',
      (log) =>
        log.error(
          { err: networkFailure(Object.assign(new Error(`https://h?a=${CANARY}`), { code: 'ECONNRESET' }), 'h/p') },
          'x',
        ),
    ],
    [
      'a failure with a secret in its message',
      (log) => log.warn({ kind: 'unreachable' }, new Failure('unreachable', `password=${CANARY} refused`).message),
    ],
    ['deep fields', (log) => log.info({ a: { b: { c: { token: CANARY, list: [{ client_secret: CANARY }] } } } }, 'x')],
    ['JSON within a text', (log) => log.info(`answered {"access_token":"${CANARY}","password": "${CANARY}"}`)],
    ['a child logger', (log) => log.child({ authorization: `Basic ${CANARY}` }).info('x')],
  ];

  test.each(secrets)('secrets in the log call with %s never reach the folder', (_what, write) => {
    write(open());
    expect(everything()).not.toBe('');
    expect(everything()).not.toContain(CANARY);
    expect(everything()).not.toContain(Buffer.from(`u:${CANARY}`).toString('base64'));
    for (const line of linesOf(readdirSync(dir)[0]!, 'rollcall.log')) expect(JSON.parse(line)).toHaveProperty('msg');
  });

  test('the values of secret settings never reach the folder, whatever their form and position', () => {
    const config = loadConfig({
      QUALYS_PASSWORD: 'correct horse/battery',
      CROWDSTRIKE_CLIENT_SECRET: 'plainword',
      MONGODB_URI: 'mongodb://root:p%40ssw0rd@db:27017/?replicaSet=rs0',
      ROLLCALL_ALERT_WEBHOOK: 'https://hooks.example.com/services/T00/B00/xyzzy',
      ROLLCALL_UI_TOKEN: 'sixteen-letters-long',
      AWS_SECRET_ACCESS_KEY: 'abcdefgh',
      TEMPORAL_API_KEY: 'temporal-cloud-key',
    });
    const log = open({ secrets: secretsOf(config, loadSources().all()) });
    log.info(
      { qualys: 10, words: ['correct horse/battery', encodeURIComponent('correct horse/battery')] },
      'said plainword',
    );
    log.info(
      `p@ssw0rd p%40ssw0rd to hooks.example.com/services/T00/B00/xyzzy with sixteen-letters-long, abcdefgh temporal-cloud-key`,
    );
    for (const secret of ['correct', 'plainword', 'ssw0rd', 'xyzzy', 'sixteen', 'abcdefgh', 'cloud-key'])
      expect(everything()).not.toContain(secret);
    expect(everything()).toContain('"qualys":10');
    expect(everything()).toContain('hooks.example.com');
  });

  test('lines without secrets are unchanged', () => {
    const log = open();
    const fields = {
      run: '20261121031500-a1b2c3d4',
      source: 'qualys',
      tokens: 12,
      pages: 3,
      at: 'qualysapi.example.com/qps/rest',
    };
    log.info(
      fields,
      'GET qualysapi.example.com/qps/rest responded 401: check the token settings, Basic authentication',
    );
    expect(JSON.parse(everything())).toMatchObject({
      ...fields,
      msg: 'GET qualysapi.example.com/qps/rest responded 401: check the token settings, Basic authentication',
    });
  });
});

describe('rollcall logs', () => {
  const today = new Date().toISOString().slice(0, 10);
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
  const line = (fields: object) => `${JSON.stringify({ level: 'info', time: hoursAgo(0.1), ...fields })}\n`;
  const put = (day: string, name: string, ...lines: string[]) => {
    mkdirSync(join(dir, day), { recursive: true });
    appendFileSync(join(dir, day, name), lines.join(''));
  };
  const logsOf = (folder: string, ...args: string[]) =>
    runProgram(['logs', ...args], { cwd: dir, env: { ROLLCALL_LOG_DIR: folder } });
  const logs = (...args: string[]) => logsOf(dir, ...args);

  beforeEach(() => {
    put(
      '2026-01-05',
      'rollcall.log',
      line({ time: '2026-01-05T02:00:00.000Z', run: '20260105020000-aaaaaaaa', msg: 'old' }),
    );
    put(
      today,
      'rollcall.log',
      line({ run: '20991121031500-a1b2c3d4', source: 'qualys', msg: 'one', time: hoursAgo(3) }),
      line({ run: '20991121031500-a1b2c3d4', source: 'crowdstrike', level: 'warn', msg: 'two' }),
      'torn {"level":"in\n',
    );
    put(today, 'rollcall.1.log', line({ source: 'qualys', level: 'error', msg: 'three \u001b[2J' }));
  });

  test('prints the last day, in order and as text', async () => {
    const { out, code } = await logs();
    expect(code).toBe(0);
    expect(out).toMatch(/INFO.*one[^]*WARN.*two[^]*ERROR.*three \?\[2J/);
    for (const none of ['old', 'torn', '\u001b']) expect(out).not.toContain(none);
  });

  test('filters by run, source, level and time', async () => {
    const messagesOf = async (...args: string[]) =>
      (await logs(...args, '--json')).out
        .split('\n')
        .filter(Boolean)
        .map((text) => (JSON.parse(text) as { msg: string }).msg);
    expect(await messagesOf('--run', '20260105020000')).toEqual(['old']);
    expect(await messagesOf('--source', 'qualys')).toEqual(['one', 'three \u001b[2J']);
    expect(await messagesOf('--level', 'warn')).toEqual(['two', 'three \u001b[2J']);
    expect(await messagesOf('--since', '1h', '--source', 'qualys')).toEqual(['three \u001b[2J']);
    expect(await messagesOf('--since', '2026-01-01')).toEqual(['old', 'one', 'two', 'three \u001b[2J']);
  });

  test('reports an invalid time, and that no line matches', async () => {
    expect(await logs('--since', 'yesterday')).toMatchObject({ code: 2, err: expect.stringMatching(/30m, 1h, 2d/) });
    expect(await logs('--source', 'nobody')).toMatchObject({ code: 0, out: '', err: expect.stringMatching(/No line/) });
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    const { code, err } = await logsOf(join(dir, 'none'));
    expect([code, err]).toEqual([2, expect.stringMatching(/There is no log folder .*\nStart a worker/)]);
  });

  test('follows new lines past midnight and into further files, each line once', async () => {
    const reader = new LogReader(dir, { since: new Date('2099-01-01') });
    const next = async () => {
      const found: string[] = [];
      for await (const text of reader.next()) found.push((JSON.parse(text) as { msg: string }).msg);
      return found;
    };
    const at = (day: string) => ({ time: `${day}T12:00:00.000Z` });
    expect(await next()).toEqual([]);
    put(
      '2099-01-01',
      'rollcall.log',
      line({ msg: 'a', ...at('2099-01-01') }),
      '{"level":"info","time":"2099-01-01T12:00:00.000Z",',
    );
    expect(await next()).toEqual(['a']);
    put('2099-01-01', 'rollcall.log', '"msg":"b"}\n');
    put('2099-01-01', 'rollcall.1.log', line({ msg: 'c', ...at('2099-01-01') }));
    put('2099-01-02', 'rollcall.log', line({ msg: 'd', ...at('2099-01-02') }));
    expect(await next()).toEqual(['b', 'c', 'd']);
    expect(await next()).toEqual([]);
  });
});
