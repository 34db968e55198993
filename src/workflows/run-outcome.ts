import { ApplicationFailure, ChildWorkflowFailure } from '@temporalio/workflow';
import type { SourceAccount } from '../model/run.js';
import { emptyAccount, noteOf } from './progress.js';

/** The account of a source whose workflow failed. */
export function accountOf(error: unknown, startedAt: Date): SourceAccount {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [account] = (cause.details ?? []) as SourceAccount[];
    if (account?.status) return account;
  }
  // The workflow failed before it had an account, for example because the worker does not know the source.
  const { message: reason, remedy } = noteOf(cause);
  return emptyAccount({ status: 'failed', reason, ...(remedy ? { remedy } : {}) }, startedAt);
}

/** The reason, remedy and workflow id of a source that failed or is partial; empty for others. */
export function problemOf(source: string, account: SourceAccount, workflowId: string): string[] {
  const { status, parked, reason = 'no reason given', remedy } = account;
  if (status !== 'failed' && status !== 'partial') return [];
  const sentences = [`${source} is ${parked ? 'parked, ' : ''}${status}: ${reason}`, ...(remedy ? [remedy] : [])];
  return [`${sentences.join('. ')} (workflow ${workflowId})`];
}

/** The Markdown table of the run's sources that the Web UI shows. */
export function tableOf(run: string, sources: string[], accounts: Record<string, SourceAccount>): string {
  const rows = sources.map((source) => {
    const account = accounts[source];
    if (!account) return `| ${source} | collecting | | | | | |`;
    const { status, parked, records, new: created, changed, unchanged, quarantined, gone, reason } = account;
    return `| ${source} | ${parked ? 'parked, ' : ''}${status}${reason ? `: ${reason}` : ''} | ${records} | ${created} | ${changed} | ${unchanged} | ${quarantined} / ${gone} |`;
  });
  return [
    `Run ${run}`,
    '',
    '| source | status | records | new | changed | unchanged | quarantined / gone |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
