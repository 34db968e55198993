import { Gauge } from 'prom-client';
import { registry } from './registry.js';

const gauge = new Gauge({
  name: 'rollcall_source_overdue',
  help: '1 where a source was not read completely although its scheduled time has passed',
  labelNames: ['source'],
  registers: [registry],
});

/** Sets the gauge of each source. */
export function showOverdue(sources: readonly string[], overdue: readonly { source: string }[]): void {
  const late = new Set(overdue.map(({ source }) => source));
  for (const source of sources) gauge.set({ source }, late.has(source) ? 1 : 0);
}
