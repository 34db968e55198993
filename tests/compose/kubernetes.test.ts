import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { createKeyRing } from '../../src/privacy/key-ring.js';
import { readKeyRing } from '../../src/privacy/key-ring-file.js';
import { compose, dockerfile, ROOT } from './compose-file.js';

const text = readFileSync(join(ROOT, 'deploy/kubernetes.yaml'), 'utf8');

interface Mount {
  name: string;
  mountPath: string;
  readOnly?: boolean;
}
interface Container {
  name: string;
  image: string;
  command: string[];
  envFrom?: { secretRef?: { name: string }; configMapRef?: { name: string } }[];
  env?: { name: string; value: string }[];
  volumeMounts?: Mount[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  ports?: { name: string; containerPort: number }[];
  [probe: `${string}Probe`]: { httpGet: { path: string; port: string } } & Record<string, unknown>;
}
interface Volume {
  name: string;
  emptyDir?: { medium?: string };
  secret?: { secretName: string; defaultMode: number };
}
interface Pod {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  securityContext: object;
  serviceAccountName: string;
  terminationGracePeriodSeconds?: number;
  topologySpreadConstraints?: { labelSelector: object }[];
}
interface Resource {
  kind: string;
  metadata: { name: string; namespace?: string };
  automountServiceAccountToken?: boolean;
  data?: Record<string, string>;
  spec: {
    replicas?: number;
    strategy?: object;
    selector: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: Pod };
    minAvailable?: number;
  };
}

/** Kubernetes reads YAML 1.1, where 0444 is octal. */
const YAML = { version: '1.1' } as const;

/** The file, and the Job at its end that is commented out. */
const resources = parseAllDocuments(text, YAML).map((document) => {
  expect(document.errors).toEqual([]);
  return document.toJS() as Resource;
});
const [, commented] = text.split('\n# ---\n');
const job = parse(commented!.replace(/^# ?/gm, ''), YAML) as Resource;

const named = (kind: string): Resource => resources.find((resource) => resource.kind === kind)!;
const deployment = named('Deployment');
const pod = deployment.spec.template.spec;
const worker = pod.containers[0]!;
const keyRing = pod.initContainers![0]!;
const pods: [string, Pod][] = [
  ['worker', pod],
  ['schedule', job.spec.template.spec],
];
const containersOf = ({ containers, initContainers = [] }: Pod) => [...initContainers, ...containers];
const set = { ...named('ConfigMap').data, ...Object.fromEntries(worker.env!.map(({ name, value }) => [name, value])) };

test('the file contains the expected resources, all in one namespace', () => {
  expect(resources.map(({ kind }) => kind)).toEqual([
    'Namespace',
    'ServiceAccount',
    'ConfigMap',
    'Deployment',
    'PodDisruptionBudget',
    'NetworkPolicy',
  ]);
  const { name } = named('Namespace').metadata;
  for (const { kind, metadata } of [...resources, job]) if (kind !== 'Namespace') expect(metadata.namespace).toBe(name);
});

test('the worker starts with the command of docker compose, and the probes use its metrics port', () => {
  expect(worker.command).toEqual(compose.services.worker.command);
  expect(worker['readinessProbe']!.httpGet).toEqual({ path: '/ready', port: 'metrics' });
  // Not /ready: restarting the worker does not bring an unavailable server back.
  expect(worker['livenessProbe']!.httpGet).toEqual({ path: '/live', port: 'metrics' });
  const { containerPort } = worker.ports!.find(({ name }) => name === 'metrics')!;
  expect(set['ROLLCALL_METRICS_ADDRESS']).toBe(`0.0.0.0:${containerPort}`);
  expect(text).toContain(`prometheus.io/port: '${containerPort}'`);
  const [, interval, timeout, retries] = /--interval=(\d+)s --timeout=(\d+)s .*--retries=(\d+) /
    .exec(dockerfile('HEALTHCHECK')[0]!)!
    .map(Number);
  expect(worker['readinessProbe']).toMatchObject({
    periodSeconds: interval,
    timeoutSeconds: timeout,
    failureThreshold: retries,
  });
  expect(`${pod.terminationGracePeriodSeconds}s`).toBe(compose.services.worker.stop_grace_period);
});

test('folders, and the settings of the memory allocator, are those of docker compose and npm start', () => {
  const { environment } = compose.services.worker;
  expect(set).toMatchObject({ ROLLCALL_LOG_DIR: environment!['ROLLCALL_LOG_DIR'], TMPDIR: environment!['TMPDIR'] });
  const script = readFileSync(join(ROOT, 'scripts/run.mjs'), 'utf8');
  const allocator = [...script.matchAll(/process\.env\.(MALLOC_\w+) \?\?= '(\d+)'/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  expect(allocator).toHaveLength(2);
  expect(set).toMatchObject(Object.fromEntries(allocator) as object);
  const below = (path: string) => worker.volumeMounts!.find(({ mountPath }) => path.startsWith(mountPath))?.readOnly;
  expect([set['ROLLCALL_LOG_DIR'], set['TMPDIR'], '/tmp'].map((path) => below(path!))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const mounted = worker.volumeMounts!.map(({ mountPath }) => mountPath);
  expect(mounted).toEqual(['/var/log/rollcall', '/var/lib/rollcall', '/tmp', '/var/run/rollcall']);
});

test('every variable in the file, also in comments, is in .env.example or read by a library', () => {
  const example = readFileSync(join(ROOT, '.env.example'), 'utf8');
  const known = new Set([...example.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!));
  for (const name of ['TMPDIR', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_']) known.add(name);
  const inText = [...text.matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]*)+\b/g)].map(([name]) => name);
  expect(inText).toContain('TEMPORAL_API_KEY');
  expect([...inText, ...Object.keys(set)].filter((name) => !known.has(name))).toEqual([]);
});

test('the file contains no secret, and uses only the two Secrets that the user creates separately', () => {
  expect(text).not.toMatch(/^kind: Secret$/m);
  expect(text).not.toMatch(/:\/\/[^\s/]*@|stringData/);
  for (const [name, value] of Object.entries(set)) {
    expect(typeof value).toBe('string');
    // The path of the key ring is not a secret.
    if (name !== 'ROLLCALL_KEY_RING') expect(name).not.toMatch(/PASS|SECRET|TOKEN|KEY|USER|CLIENT|AUTH|URI$/);
  }
  const created = [...text.matchAll(/create secret generic (\S+)/g)].map(([, name]) => name!);
  const used = pods.flatMap(([, spec]) => [
    ...containersOf(spec).flatMap(({ envFrom = [] }) => envFrom.flatMap(({ secretRef }) => secretRef?.name ?? [])),
    ...(spec.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? []),
  ]);
  expect([...new Set(used)].sort()).toEqual([...new Set(created)].sort());
});

test.each(pods)('every volume, config map and account that the pod of %s refers to exists', (_name, spec) => {
  const volumes = (spec.volumes ?? []).map(({ name }) => name);
  const mounted = containersOf(spec).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
  expect([...new Set(mounted)].sort()).toEqual(volumes.toSorted());
  const maps = containersOf(spec).flatMap(({ envFrom = [] }) => envFrom.flatMap((from) => from.configMapRef ?? []));
  expect(maps).toEqual([{ name: named('ConfigMap').metadata.name }]);
  expect(spec.serviceAccountName).toBe(named('ServiceAccount').metadata.name);
  expect(named('ServiceAccount').automountServiceAccountToken).toBe(false);
});

test.each(pods)('the pod of %s runs without root, capabilities, a token or a writable image', (_name, spec) => {
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
  });
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec).not.toHaveProperty(key);
  for (const volume of spec.volumes ?? []) expect(volume.emptyDir ?? volume.secret).toBeDefined();
  for (const container of containersOf(spec)) {
    expect(container).toMatchObject({
      image: worker.image,
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      resources: { requests: { memory: expect.any(String) }, limits: { memory: expect.any(String) } },
    });
    expect(container.resources.limits).not.toHaveProperty('cpu');
  }
});

test('the image is the version of this project, as a number: node is user 1000 in it', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(worker.image).toBe(`rollcall:${version}`);
  expect(dockerfile('USER')).toEqual(['node']);
});

test('the selectors match the workers and not the Job', () => {
  const { labels } = deployment.spec.template.metadata;
  const selectors = [
    deployment.spec.selector,
    named('PodDisruptionBudget').spec.selector,
    pod.topologySpreadConstraints![0]!.labelSelector,
  ];
  for (const selector of selectors) expect(selector).toEqual({ matchLabels: labels });
  expect(job.spec.template.metadata.labels).not.toMatchObject(labels);
});

test('an update and a drain leave one worker running, and only Prometheus can reach it', () => {
  expect(deployment.spec).toMatchObject({
    replicas: 2,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
  });
  expect(named('PodDisruptionBudget').spec.minAvailable).toBe(1);
  expect(named('NetworkPolicy').spec).toEqual({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ protocol: 'TCP', port: worker.ports![0]!.containerPort }],
      },
    ],
    egress: [{}],
  });
});

test('the commented Job sets the schedules, with the settings of the workers', () => {
  expect(job.kind).toBe('Job');
  expect(job.spec.template.spec.containers[0]).toMatchObject({
    command: ['rollcall', 'schedule', 'apply'],
    envFrom: worker.envFrom,
  });
  expect(dockerfile('COPY')).toContain('docker/rollcall /usr/local/bin/');
});

describe('the key ring', () => {
  const volume = (name: string) => pod.volumes!.find((one) => one.name === name)!;
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rollcall-kubernetes-'));
    for (const name of ['secret', 'run']) mkdirSync(join(dir, name));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  /** Runs the command of the container that copies the key ring, with test folders in place of its volumes. */
  const copy = () => {
    const [program, ...args] = keyRing.command.map((part) =>
      part.replaceAll('/secret/', `${dir}/secret/`).replaceAll('/var/run/rollcall/', `${dir}/run/`),
    );
    const { status, stderr } = spawnSync(program!, args, { encoding: 'utf8' });
    return { status, stderr };
  };

  test('is visible only to the container that copies it, and is in memory for the worker', () => {
    expect(pod.securityContext).not.toHaveProperty('fsGroup');
    expect(volume('key-ring-secret').secret!.defaultMode).toBe(0o444);
    expect(volume('key-ring').emptyDir!.medium).toBe('Memory');
    expect(worker.volumeMounts).toContainEqual({ name: 'key-ring', mountPath: '/var/run/rollcall', readOnly: true });
    expect(worker.volumeMounts!.map(({ name }) => name)).not.toContain('key-ring-secret');
    expect(set['ROLLCALL_KEY_RING']).toBe('/var/run/rollcall/keys.json');
  });

  test('is rejected with the mode of the volume, and accepted as a copy, also the second time', () => {
    const given = join(dir, 'secret/keys.json');
    createKeyRing(given);
    chmodSync(given, volume('key-ring-secret').secret!.defaultMode);
    expect(() => readKeyRing(given)).toThrow('can be read by its group or by others');
    for (let time = 0; time < 2; time++) expect(copy()).toEqual({ status: 0, stderr: '' });
    const copied = join(dir, 'run/keys.json');
    expect(statSync(copied).mode & 0o777).toBe(0o400);
    expect(readKeyRing(copied).content.current).toBe('k1');
  });

  test('may be missing', () => {
    expect(copy()).toEqual({ status: 0, stderr: '' });
    expect(existsSync(join(dir, 'run/keys.json'))).toBe(false);
  });
});
