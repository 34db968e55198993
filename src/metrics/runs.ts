import type { RunStatus, SourceAccount } from '../model/run.js';
import { counts } from './counts.js';

/** Counts a run that has ended, and its sources. Must be called once per run. */
export function countRun(
  status: RunStatus,
  startedAt: Date,
  endedAt: Date,
  accounts: Readonly<Record<string, SourceAccount>>,
): void {
  counts.runs.inc({ status });
  counts.runSeconds.observe({ status }, (endedAt.getTime() - startedAt.getTime()) / 1000);
  for (const [source, account] of Object.entries(accounts)) {
    counts.sourceRuns.inc({ source, status: account.status });
    if (account.status === 'fresh' || account.status === 'busy' || !account.ended_at) continue;
    const ms = new Date(account.ended_at).getTime() - new Date(account.started_at).getTime();
    counts.sourceSeconds.observe({ source }, ms / 1000);
  }
}
