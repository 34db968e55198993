// Runs one of the project's commands, after it has installed the dependencies and built the project if necessary. Uses only
// Node and no packages, so that it works in a fresh clone.
import { createRequire } from 'node:module';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => join(root, ...parts);
const [command = 'help', ...rest] = process.argv.slice(2);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Rollcall needs Node 20.19 or newer; this is ${process.versions.node}. Install a newer one from your package manager or nodejs.org.`,
  );
  process.exit(2);
}

function run(program, args, options = {}) {
  const { status, signal, error } = spawnSync(program, args, { stdio: 'inherit', cwd: root, ...options });
  if (error) {
    console.error(`${program} could not be started: ${error.message}`);
    process.exit(1);
  }
  if (signal) process.exit(signal === 'SIGINT' ? 130 : 143);
  return status ?? 1;
}

// By default glibc keeps freed memory for reuse, in one arena per thread. With these settings it returns the memory at once, and
// a worker uses a third less. The Dockerfile sets the same.
process.env.MALLOC_ARENA_MAX ??= '2';
process.env.MALLOC_MMAP_THRESHOLD_ ??= '32768';

/** Redirects output to standard error, so that standard output has only the output of the command. */
const QUIET = { stdio: ['ignore', 2, 2] };

function install() {
  const marker = at('node_modules', '.package-lock.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(at('package-lock.json')).mtimeMs) return;
  console.error('Installing dependencies (once) …');
  const npm = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
  const status = run(npm[0], [...npm[1], 'ci', '--no-audit', '--no-fund', '--loglevel=error'], QUIET);
  if (status !== 0) {
    console.error('The dependencies could not be installed: see above. Is the package registry reachable?');
    process.exit(1);
  }
}

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function build() {
  const marker = at('dist', '.built');
  const inputs = ['src', 'simulator', 'bench', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  if (existsSync(marker) && statSync(marker).mtimeMs >= Math.max(...inputs.map((path) => newest(at(path))))) return;
  console.error('Building …');
  // Builds into a new folder and then replaces `dist`, so that a running command keeps the build that it started with.
  const fresh = at(`dist.${process.pid}`);
  const steps = [
    [at('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', fresh, '--incremental', 'false'],
    [at('scripts/bundle-workflows.mjs'), fresh],
  ];
  const failed = steps.some((args) => run(process.execPath, args, QUIET) !== 0);
  if (!failed) {
    // Files that browsers get unchanged.
    cpSync(at('src/ui/assets'), join(fresh, 'src/ui/assets'), { recursive: true });
    cpSync(at('src/servers/moto-requirements.txt'), join(fresh, 'src/servers/moto-requirements.txt'));
    // Executable, because `npm link` may link it as `rollcall`.
    chmodSync(join(fresh, 'src/cli/main.js'), 0o755);
    writeFileSync(join(fresh, '.built'), '');
    swapIn(fresh);
  }
  rmSync(fresh, { recursive: true, force: true });
  if (failed) process.exit(1);
}

/** Replaces the previous build. If two builds end at the same moment, one of them stays; both are complete. */
function swapIn(fresh) {
  for (let tries = 1; ; tries += 1) {
    const old = `${fresh}.old${tries}`;
    try {
      if (existsSync(at('dist'))) renameSync(at('dist'), old);
      renameSync(fresh, at('dist'));
      return;
    } catch (error) {
      // Another build has removed or replaced `dist` in between.
      if (tries === 10) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

const bin = (name, path) => at('node_modules', name, path);
const cli = (...args) =>
  run(process.execPath, ['--enable-source-maps', at('dist/src/cli/main.js'), ...args], { cwd: process.cwd() });

const workerFlags = () => createRequire(import.meta.url)(at('dist/src/system/worker-flags.js')).WORKER_FLAGS;

/**
 * Runs the long test series. Their random values come from a seed, so that a run can be repeated. `--times` makes the series of
 * random cases longer.
 */
function soak() {
  const wholeNumber = (name, fallback) => {
    const at = rest.indexOf(name);
    const given = at < 0 ? fallback : Number(rest.splice(at, 2)[1]);
    if (Number.isSafeInteger(given)) return given;
    console.error(`${name} takes a whole number`);
    process.exit(2);
  };
  const seed = wholeNumber('--seed', Math.floor(Math.random() * 2 ** 31));
  const times = wholeNumber('--times', 1);
  const seedText = `Seed ${seed}; the same again: npm run test:soak -- --seed ${seed}${times === 1 ? '' : ` --times ${times}`}`;
  console.error(seedText);
  const env = { ...process.env, ROLLCALL_SOAK_SEED: String(seed), ROLLCALL_SOAK_TIMES: String(times) };
  const status = run(process.execPath, [bin('jest', 'bin/jest.js'), '--config', at('jest.soak.config.js'), ...rest], {
    env,
  });
  console.error(seedText);
  return status;
}

const commands = {
  build: () => 0,
  worker: () => run(process.execPath, [...workerFlags(), at('dist/src/worker.js'), ...rest]),
  bench: () => run(process.execPath, ['--enable-source-maps', at('dist/bench/main.js'), ...rest]),
  'bench-identity': () =>
    run(process.execPath, ['--enable-source-maps', at('dist/bench/identity.js'), ...rest], { cwd: process.cwd() }),
  // Any command of the program: npm run rollcall -- host web-01 --why
  rollcall: () => cli(...rest),
  simulator: () => run(process.execPath, [at('dist/simulator/main.js'), ...rest]),
  test: () => run(process.execPath, [bin('jest', 'bin/jest.js'), ...rest]),
  'test:soak': soak,
  reference: () => run(process.execPath, [at('scripts/reference.mjs'), ...rest]),
  check: () =>
    run(process.execPath, [bin('typescript', 'bin/tsc'), '--noEmit']) ||
    run(process.execPath, [
      bin('oxlint', 'bin/oxlint'),
      '--type-aware',
      '--deny-warnings',
      'src',
      'simulator',
      'bench',
      'tests',
    ]) ||
    run(process.execPath, [bin('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.']),
};

install();
build();
process.exit(commands[command] ? commands[command]() : cli(command, ...rest));
