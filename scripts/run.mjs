// Runs one of the project's commands after doing what it needs first: dependencies, build. Plain Node, no dependencies of
// its own, so that it works in a fresh clone.
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

// glibc keeps freed megabytes for reuse, in an arena a thread; given back at once, a worker stays a third smaller. The
// Dockerfile sets the same.
process.env.MALLOC_ARENA_MAX ??= '2';
process.env.MALLOC_MMAP_THRESHOLD_ ??= '32768';

/** Talk goes to standard error, so that standard output stays the command's own. */
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
  // Built beside and swapped in: a command that is running keeps what it started with.
  const fresh = at(`dist.${process.pid}`);
  const steps = [
    [at('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', fresh, '--incremental', 'false'],
    [at('scripts/bundle-workflows.mjs'), fresh],
  ];
  const failed = steps.some((args) => run(process.execPath, args, QUIET) !== 0);
  if (!failed) {
    // What browsers get as it is.
    cpSync(at('src/ui/assets'), join(fresh, 'src/ui/assets'), { recursive: true });
    cpSync(at('src/servers/moto-requirements.txt'), join(fresh, 'src/servers/moto-requirements.txt'));
    // It may be linked as `rollcall` (npm link).
    chmodSync(join(fresh, 'src/cli/main.js'), 0o755);
    writeFileSync(join(fresh, '.built'), '');
    swapIn(fresh);
  }
  rmSync(fresh, { recursive: true, force: true });
  if (failed) process.exit(1);
}

/** Puts a build in the place of the one before. Two may end at the same moment: each is whole, and either one stays. */
function swapIn(fresh) {
  for (let tries = 1; ; tries += 1) {
    const old = `${fresh}.old${tries}`;
    try {
      if (existsSync(at('dist'))) renameSync(at('dist'), old);
      renameSync(fresh, at('dist'));
      return;
    } catch (error) {
      // Another build took the old one away, or put its own there, in between.
      if (tries === 10) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

const bin = (name, path) => at('node_modules', name, path);
const cli = (...args) =>
  run(process.execPath, ['--enable-source-maps', at('dist/src/cli/main.js'), ...args], { cwd: process.cwd() });

// Helper threads of the collector cost more than they save where every core is busy; young objects get 4 MB.
const WORKER = ['--enable-source-maps', '--single-threaded-gc', '--max-semi-space-size=4'];

/** Long series of tests; what they draw by chance comes from a seed, which repeats them. */
function soak() {
  const option = rest.indexOf('--seed');
  const given = option < 0 ? Math.floor(Math.random() * 2 ** 31) : Number(rest.splice(option, 2)[1]);
  if (!Number.isSafeInteger(given)) {
    console.error('--seed takes a whole number');
    process.exit(2);
  }
  const told = `Seed ${given}; the same again: npm run test:soak -- --seed ${given}`;
  console.error(told);
  const env = { ...process.env, ROLLCALL_SOAK_SEED: String(given) };
  const status = run(process.execPath, [bin('jest', 'bin/jest.js'), '--config', at('jest.soak.config.js'), ...rest], {
    env,
  });
  console.error(told);
  return status;
}

const commands = {
  build: () => 0,
  worker: () => run(process.execPath, [...WORKER, at('dist/src/worker.js'), ...rest]),
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
