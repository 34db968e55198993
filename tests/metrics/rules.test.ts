import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dashboard, dashboardText, expressions, namesIn, root, rules, rulesText } from './expressions.js';

test.each(expressions)('the expression of %s is PromQL', (_where, expr) => {
  expect(namesIn(expr).metrics.length).toBeGreaterThan(0);
});

test('an invalid expression is detected', () => {
  expect(() => namesIn('sum((rollcall_hosts)')).toThrow(/Not PromQL/);
});

test('every rule has a severity, a summary of the problem and a description of what to do', () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(alert).toMatch(/^Rollcall[A-Z]/);
    expect(['warning', 'critical']).toContain(labels.severity);
    expect(annotations.summary.length).toBeGreaterThan(10);
    expect(annotations.description.length).toBeGreaterThan(20);
  }
});

test('Prometheus accepts the rules, and they raise the expected alerts', () => {
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

test('the dashboard can be imported: its panels have positions, titles, and the selected data source', () => {
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
  // The variables of the dashboard query metrics, too.
  const queried = [...dashboardText.matchAll(/label_values\((\w+), \w+\)/g)].map(([, name]) => name!);
  expect(queried).toEqual(['rollcall_mongodb_up', 'rollcall_source_parked']);
});
