import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKER_FLAGS } from '../../src/system/worker-flags.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { configVariables, sourceVariables } from '../support/variables.js';
import { compose, dockerfile, ROOT, services, type Service } from './compose-file.js';

const { temporal, mongodb, worker, ui } = compose.services;

test('every installed Compose accepts the file', () => {
  const script = join(ROOT, 'scripts/validate-compose.sh');
  const { status, stdout, stderr } = spawnSync('sh', [script], { encoding: 'utf8', env: { ...process.env, CI: '' } });
  if (/not validated/.test(stdout)) process.stderr.write(stdout);
  expect([status, stderr]).toEqual([0, '']);
});

test.each(services)('%s has a pinned image', (_name, { image, build }: Service) => {
  const images = build === '.' ? dockerfile('FROM').map((from) => from.split(' ')[0]!) : [image!];
  expect(images.length).toBeGreaterThan(0);
  for (const name of images) expect(name).toMatch(/^[a-z][\w/-]*:\d+\.\d+\.\d+(?:-[a-z-]+)?(?:@sha256:[0-9a-f]{64})?$/);
});

test('the images are neither deprecated nor known to be vulnerable', () => {
  expect(temporal.image).toMatch(/^temporalio\/temporal:/);
  const [major, minor, patch] = mongodb.image!.match(/\d+/g)!.map(Number);
  expect([major, minor]).toEqual([8, 0]);
  expect(patch).toBeGreaterThanOrEqual(21); // CVE-2026-6914, and CVE-2025-14847 before it
});

test.each(services)('%s runs without root, capabilities or a writable image', (_name, service: Service) => {
  expect(service.user).toMatch(/^(?:[1-9]\d*:[1-9]\d*|mongodb|node)$/);
  expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], read_only: true });
  for (const key of ['privileged', 'cap_add', 'network_mode', 'pid', 'ipc', 'devices'])
    expect(service).not.toHaveProperty(key);
});

test('the image runs as a user without rights', () => {
  expect(dockerfile('USER')).toEqual(['node']);
});

test.each(services)('%s publishes ports on loopback only', (_name, { ports = [] }: Service) => {
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:(\d+):\1$/);
});

test('the ports published are those that a user needs', () => {
  expect(services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[2]))).toEqual([
    '7233',
    '8233',
    '27017',
    '8300',
  ]);
});

test.each(services)(
  '%s keeps its data in a named volume and mounts nothing of the host machine',
  (_name, { volumes }: Service) => {
    expect(volumes.length).toBeGreaterThan(0);
    for (const volume of volumes) expect(Object.keys(compose.volumes)).toContain(volume.split(':')[0]);
  },
);

test.each(services)('%s has a health check, restarts, bounded logs and time to stop', (_name, service: Service) => {
  expect(service.healthcheck.test[0]).toBe('CMD');
  expect(service).toMatchObject({ restart: 'unless-stopped', init: true });
  expect(service.logging?.options).toEqual({ 'max-size': expect.any(String), 'max-file': expect.any(String) });
  expect(service.stop_grace_period).toMatch(/^\d+s$/);
});

test('the worker starts after Temporal and MongoDB are healthy', () => {
  const healthy = { condition: 'service_healthy' };
  expect(worker.depends_on).toEqual({ temporal: healthy, mongodb: healthy });
});

test('the page starts only with its profile, and needs nothing but MongoDB', () => {
  expect(services.filter(([, { profiles }]) => profiles).map(([name, { profiles }]) => [name, profiles])).toEqual([
    ['ui', ['ui']],
  ]);
  expect(ui.depends_on).toEqual({ mongodb: { condition: 'service_healthy' } });
});

test('the page gets the token from the user only, and the same settings as the worker', () => {
  const {
    ROLLCALL_UI_ADDRESS: address,
    ROLLCALL_UI_TOKEN: token,
    ROLLCALL_UI_PROXIES: proxies,
    ...others
  } = ui.environment!;
  expect([address, token, proxies]).toEqual(['0.0.0.0:8300', null, null]);
  expect(Object.keys(others)).toContain('MONGODB_DATABASE');
  expect(worker.environment).toMatchObject(others);
  // The page gets neither credentials of sources nor keys.
  expect(Object.keys(others).filter((name) => /PASS|SECRET|TOKEN|KEY(?!S)|USER|_URL$/.test(name))).toEqual([]);
});

test('the page reads the reports that the worker writes, and nothing else of its files', () => {
  const folder = worker.environment!['ROLLCALL_REPORT_DIR'];
  expect(ui.environment!['ROLLCALL_REPORT_DIR']).toBe(folder);
  expect(ui.volumes).toEqual([`reports:${folder}:ro`]);
  expect(worker.volumes).toContain(`reports:${folder}`);
  // A new volume takes the owner of the folder it is mounted on.
  expect(dockerfile('RUN').join()).toContain(
    `install -d -o node -g node "$ROLLCALL_LOG_DIR" /var/lib/rollcall ${folder}`,
  );
});

test('the file contains no secret', () => {
  const set = services.flatMap(([, { environment = {} }]) => Object.entries(environment));
  for (const [name, value] of set) {
    if (/PASS|SECRET|TOKEN|KEY|USER|CLIENT|AUTH/.test(name)) expect([name, value]).toEqual([name, null]);
    expect(value ?? '').not.toMatch(/:\/\/[^/]*@/);
  }
});

test('the worker gets every variable of the configuration and of the sources', () => {
  // Variables of servers outside the file, of folders that the container does not have, or of the page.
  const elsewhere = ['TEMPORAL_NAMESPACE', 'TEMPORAL_API_KEY', 'TEMPORAL_TLS', 'ROLLCALL_SOURCES'];
  elsewhere.push('ROLLCALL_UI_ADDRESS', 'ROLLCALL_UI_TOKEN', 'ROLLCALL_UI_PROXIES');
  const declared = [...configVariables(), ...loadSources().all().flatMap(sourceVariables)];
  // The AWS SDK and Node read these variables.
  const libraries = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'TMPDIR'];
  const expected = [...declared.filter((name) => !elsewhere.includes(name)), ...libraries];
  expect(Object.keys(worker.environment!).sort()).toEqual(expected.sort());
});

test('the image starts and checks a worker like the compose file, and starts it like npm start', () => {
  expect(dockerfile('CMD').map((text) => JSON.parse(text) as unknown)).toEqual([worker.command]);
  const [, healthcheck] = dockerfile('HEALTHCHECK')[0]!.split(' CMD ');
  expect(['CMD', ...(JSON.parse(healthcheck!) as string[])]).toEqual(worker.healthcheck.test);
  const [node, ...args] = worker.command;
  const file = args.pop();
  expect(node).toBe('node');
  expect(args).toEqual(WORKER_FLAGS);
  const script = readFileSync(join(ROOT, 'scripts/run.mjs'), 'utf8');
  expect(script).toContain(`[...workerFlags(), at('${file}'), ...rest]`);
});

test('only files that the build needs get into the image', () => {
  const [first, ...admitted] = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => /^[^#]/.test(line));
  expect(first).toBe('*');
  const copied = dockerfile('COPY')
    .filter((copy) => !copy.startsWith('--from'))
    .flatMap((copy) => copy.split(' ').slice(0, -1))
    .map((path) => `!${path.split('/')[0]}`);
  expect(admitted.sort()).toEqual([...new Set(copied)].sort());
});
