import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

export const root = join(__dirname, '../..');
export const rulesText = readFileSync(join(root, 'deploy/alerts.yaml'), 'utf8');
export const dashboardText = readFileSync(join(root, 'deploy/grafana-dashboard.json'), 'utf8');

export interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}
export interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: { expr: string; legendFormat: string }[];
}
export const rules = (parse(rulesText) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
export const dashboard = JSON.parse(dashboardText) as {
  panels: Panel[];
  templating: { list: { name: string; query: string | { query: string } }[] };
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

/** Replaces the variables as Grafana does. */
const filledIn = (expr: string) =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', 'rollcall').replaceAll('$source', '.*');

export const expressions: [where: string, expr: string][] = [
  ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [`panel ${title}`, filledIn(expr)]),
  ),
];

/** The metrics that an expression names, and the labels that it selects or groups by. Throws if it is not PromQL. */
export function namesIn(expr: string): { metrics: string[]; labels: string[] } {
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
