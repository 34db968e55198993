import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { motoRequirements } from '../src/servers/moto.js';
import { WHEELS } from '../src/servers/programs/wheels.js';

const root = join(__dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const run = (args: string[], env: NodeJS.ProcessEnv = process.env) =>
  spawnSync(process.execPath, [join(root, 'scripts/supply-chain.mjs'), ...args], { encoding: 'utf8', env });

interface Locked {
  license?: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  inBundle?: boolean;
}
const locked = Object.entries((JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }).packages);

test('every package of npm is pinned by a SHA-512', () => {
  const loose = locked.filter(
    ([path, { integrity = '', inBundle }]) => path !== '' && !inBundle && !integrity.startsWith('sha512-'),
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});

test('every Python package that pip fetches, including dependencies, is pinned by a SHA-256', () => {
  const packages = motoRequirements()
    .replaceAll('\\\n', '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  expect(packages.length).toBeGreaterThan(20);
  for (const line of packages) expect(line).toMatch(/^[a-z0-9-]+==[\w.]+(?:\s+--hash=sha256:[0-9a-f]{64})+\s*$/);
  for (const { sha256 } of Object.values(WHEELS)) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
});

test('all licences are allowed', () => {
  const { status, stdout } = run(['licences']);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^Licences: \d+ packages, all allowed\n$/)]);
});

test('the SBOM names the packages of production, and no packages of the tests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-sbom-'));
  const file = join(folder, 'sbom.cdx.json');
  const { status, stderr } = run(['sbom', file]);
  expect([status, stderr]).toEqual([0, '']);
  const { bomFormat, components } = JSON.parse(readFileSync(file, 'utf8')) as {
    bomFormat: string;
    components: { name: string }[];
  };
  rmSync(folder, { recursive: true });
  expect(bomFormat).toBe('CycloneDX');
  const names = components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['mongodb', 'undici', 'hono']));
  expect(names).not.toContain('jest');
});

test('without Docker, images are listed as not looked up', () => {
  const { status, stdout } = run(['images'], { ...process.env, PATH: '' });
  expect(status).toBe(0);
  const lines = stdout.trim().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(3);
  for (const line of lines) expect(line).toMatch(/: not looked up, there is no Docker or no registry here$/);
});

test('CI checks licences, vulnerabilities and images, and stores an SBOM', () => {
  expect(read('.ci/run')).toContain('supply-chain.mjs licences');
  expect(read('.ci/run')).toContain('supply-chain.mjs audit');
  const workflow = read('.github/workflows/ci.yml');
  for (const command of ['images', 'sbom']) expect(workflow).toContain(`supply-chain.mjs ${command}`);
});
