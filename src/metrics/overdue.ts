import { Gauge } from 'prom-client';
import { registry } from './registry.js';

const gauge = new Gauge({
  name: 'rollcall_source_overdue',
  help: '1 where a source was not read whole although its schedule has come round',
  labelNames: ['source'],
  registers: [registry],
});

/** Shows which of the sources are overdue. */
export function showOverdue(sources: readonly string[], overdue: readonly { source: string }[]): void {
  const late = new Set(overdue.map(({ source }) => source));
  for (const source of sources) gauge.set({ source }, late.has(source) ? 1 : 0);
}
