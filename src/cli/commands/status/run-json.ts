import type { RunDoc } from '../../../store/documents/runs.js';
import type { RunSummary } from '../../../workflows/collect-inventory.js';
import { printable } from '../../../format/printable.js';
import type { Pace } from '../../watch/pace.js';
import type { SourceView } from '../../watch/view.js';

/** A running source in JSON: stable names, times in ISO 8601, `eta_seconds` only if the vendor reports a total. */
export function viewJson(view: SourceView, pace: Pace | undefined): Record<string, unknown> {
  const { source, workflowId, progress, account, waiting } = view;
  const { state, status, reason, remedy, parkedAt, pages, rows, total, normalized, merged } = progress ?? {};
  return {
    source,
    workflow_id: workflowId,
    state: account ? (account.parked ? 'parked' : 'done') : (state ?? 'starting'),
    status: account?.status ?? status,
    reason: account?.reason ?? reason,
    remedy: account?.remedy ?? remedy,
    parked_at: parkedAt,
    pages: account?.pages ?? pages,
    records: account?.records ?? rows,
    total,
    normalized,
    merged: merged ?? view.merging,
    records_per_second: pace && Math.round(pace.rate),
    eta_seconds: pace?.left === undefined ? undefined : Math.round(pace.left / 1_000),
    waiting: waiting.map(({ kind, because, attempt, next }) => ({ kind, because, attempt, next_at: next })),
  };
}

/** A run in the form of its summary, from the store. */
export function summaryOfDoc({ _id, status, hosts = 0, started_at, ended_at, merged, sources }: RunDoc): RunSummary {
  const seconds = ended_at ? (ended_at.getTime() - started_at.getTime()) / 1_000 : 0;
  const accounts = Object.entries(sources).map(([name, account]) => [
    name,
    {
      ...account,
      ...(account.reason ? { reason: printable(account.reason) } : {}),
      ...(account.remedy ? { remedy: printable(account.remedy) } : {}),
    },
  ]);
  return {
    run: _id,
    status,
    hosts,
    seconds,
    sources: Object.fromEntries(accounts) as RunSummary['sources'],
    ...(merged === undefined ? {} : { merged }),
  };
}
