import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { spawnSimulator, type SpawnedSimulator } from '../../simulator/spawn.js';
import { openClient, startRun } from '../../src/client.js';
import { summaryOf } from '../support/pipeline.js';
import { parseMetrics } from './scrape.js';
import { spawnWorker, type SpawnedWorker } from './spawned-worker.js';

const root = join(__dirname, '../..');
const rulesText = readFileSync(join(root, 'deploy/alerts.yaml'), 'utf8');
const dashboardText = readFileSync(join(root, 'deploy/grafana-dashboard.json'), 'utf8');

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: { expr: string; legendFormat: string }[];
}
const rules = (parse(rulesText) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(dashboardText) as {
  panels: Panel[];
  templating: { list: { name: string; query: string | { query: string } }[] };
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** As Grafana fills its variables in. */
const filledIn = (expr: string) =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'rollcall').replaceAll('$source', '.*');

const expressions: [where: string, expr: string][] = [
  ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [`panel ${title}`, filledIn(expr)]),
  ),
];

/** The metrics that an expression names, and the labels that it picks or groups by. Throws for what is no PromQL. */
function namesIn(expr: string): { metrics: string[]; labels: string[] } {
  const metrics: string[] = [];
  const labels: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`Not PromQL at ${node.from}: ${expr}`);
      const text = expr.slice(node.from, node.to);
      if (node.name === 'Identifier') metrics.push(text);
      if (node.name === 'LabelName') labels.push(text);
    },
  });
  return { metrics, labels };
}

test.each(expressions)('the expression of %s is PromQL', (_where, expr) => {
  expect(namesIn(expr).metrics.length).toBeGreaterThan(0);
});

test('a mistake in an expression is found', () => {
  expect(() => namesIn('sum((rollcall_hosts)')).toThrow(/Not PromQL/);
});

describe('against a worker', () => {
  let simulator: SpawnedSimulator;
  let worker: SpawnedWorker;
  const labelsOf = new Map<string, Set<string>>();

  beforeAll(async () => {
    simulator = await spawnSimulator({ hosts: 60, seed: 4 });
    worker = await spawnWorker({ ...simulator.environment });
    await simulator.setFaults(
      { on: 'qualys', kind: 'status', status: 500, at: 1, times: 1 },
      { on: 'crowdstrike', kind: 'status', status: 429, seconds: 1, at: 1, times: 1 },
    );
    const client = await openClient(worker.config.temporal);
    const input = { sources: ['qualys', 'crowdstrike'], force: true };
    const { handle } = await startRun(client, worker.config.temporal, input);
    await summaryOf(handle.result());
    await client.connection.close();
    for (const { name, labels } of parseMetrics(await (await fetch(`${worker.url}/metrics`)).text())) {
      const known = labelsOf.get(name) ?? new Set();
      for (const label of Object.keys(labels)) known.add(label);
      labelsOf.set(name, known);
    }
  });
  afterAll(async () => {
    await worker?.stop();
    await simulator?.stop();
  });

  /** Prometheus adds these itself to what it scrapes, and `up` for each target. */
  const ADDED = ['job', 'instance'];

  test('every metric that a rule or a panel names is shown by a worker, with the labels that they ask for', () => {
    const unknown = expressions.flatMap(([where, expr]) => {
      const { metrics, labels } = namesIn(expr);
      const shown = metrics.filter((name) => name !== 'up');
      const missing = shown.filter((name) => !labelsOf.has(name));
      const given = new Set([...ADDED, 'source', ...shown.flatMap((name) => [...(labelsOf.get(name) ?? [])])]);
      return [...missing, ...labels.filter((label) => !given.has(label))].map((name) => `${where}: ${name}`);
    });
    expect(unknown).toEqual([]);
  });

  test('every metric of ours is used by a rule or a panel', () => {
    const used = new Set(expressions.flatMap(([, expr]) => namesIn(expr).metrics.map(family)));
    const ours = [...labelsOf.keys()].filter((name) => name.startsWith('rollcall_')).map(family);
    const unused = [...new Set(ours)].filter((name) => !used.has(name));
    expect(unused).toEqual([
      'rollcall_fetched_pages_total',
      'rollcall_fetched_rows_total',
      'rollcall_normalized_pages_total',
    ]);
  });
  const family = (name: string) => name.replace(/_(?:bucket|sum|count)$/, '');
});

test('every rule says how serious it is, what is wrong and what to do', () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(alert).toMatch(/^Rollcall[A-Z]/);
    expect(['warning', 'critical']).toContain(labels.severity);
    expect(annotations.summary.length).toBeGreaterThan(10);
    expect(annotations.description.length).toBeGreaterThan(20);
  }
});

test('Prometheus accepts the rules, and they are raised when they should be', () => {
  const check = spawnSync('promtool', ['check', 'rules', join(root, 'deploy/alerts.yaml')], { encoding: 'utf8' });
  if (check.error) {
    process.stderr.write('promtool is not here: the rules are not tried\n');
    return;
  }
  expect([check.status, check.stderr]).toEqual([0, '']);
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-rules-'));
  try {
    writeFileSync(join(dir, 'alerts.yaml'), rulesText);
    writeFileSync(join(dir, 'tests.yaml'), readFileSync(join(__dirname, 'alerts.promtool.yaml')));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', join(dir, 'tests.yaml')], {
      encoding: 'utf8',
    });
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('the dashboard can be imported: its panels have places, titles, and the data source that is chosen', () => {
  const names = dashboard.templating.list.map(({ name }) => name);
  expect(names).toEqual(['datasource', 'job', 'source']);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos, datasource, targets, type } of dashboard.panels) {
    expect(title).not.toBe('');
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(taken.has(`${x},${y}`)).toBe(false);
        taken.add(`${x},${y}`);
      }
    if (type === 'row') continue;
    expect(datasource!.uid).toBe('${datasource}');
    expect(targets!.length).toBeGreaterThan(0);
  }
  // Variables are asked of metrics, too.
  const asked = [...dashboardText.matchAll(/label_values\((\w+), \w+\)/g)].map(([, name]) => name!);
  expect(asked).toEqual(['rollcall_mongodb_up', 'rollcall_source_parked']);
});
