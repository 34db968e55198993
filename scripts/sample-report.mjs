// Creates docs/sample-report again: collects and merges the demo's fleet of one seed, and writes the report for the day of that
// fleet.
//   npm run build && node scripts/sample-report.mjs
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOSTS = '2000';
const SEED = '7';
const DAY = '2026-03-02';
/** Charts that are also written as PNG; all charts are written as SVG. */
const IMAGES = ['operating-systems', 'old-and-new', 'coverage', 'source-overlap', 'countries', 'duplicates'];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const place = mkdtempSync(join(tmpdir(), 'rollcall-sample-'));

function rollcall(args, environment = {}) {
  const { status } = spawnSync(process.execPath, [join(root, 'dist/src/cli/main.js'), ...args], {
    cwd: place,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`rollcall ${args.join(' ')} ended with ${status}`);
}

try {
  // Runs twice, so that the report can compare two runs. The second run has little to do.
  for (let run = 0; run < 2; run += 1)
    rollcall(['demo', '--hosts', HOSTS, '--seed', SEED, ...(run === 0 ? ['--logins', '3000'] : []), '--keep']);
  const { mongod } = JSON.parse(readFileSync(join(place, '.rollcall/demo/servers.json'), 'utf8'));
  const environment = {
    MONGODB_URI: `mongodb://127.0.0.1:${mongod.port}/?directConnection=true`,
    MONGODB_DATABASE: `demo_${HOSTS}_${SEED}`,
  };
  rollcall(['report', '--as-of', DAY, '--out', 'page', '--format', 'html,svg,csv'], environment);
  rollcall(['report', '--as-of', DAY, '--out', 'images', '--format', 'png'], environment);
  const target = join(root, 'docs/sample-report');
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'charts'), { recursive: true });
  cpSync(join(place, 'page', DAY), target, { recursive: true });
  for (const name of IMAGES)
    cpSync(join(place, 'images', DAY, `charts/${name}.png`), join(target, `charts/${name}.png`));
} finally {
  rollcall(['demo', '--stop']);
  rmSync(place, { recursive: true, force: true });
}
