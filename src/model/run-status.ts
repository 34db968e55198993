import type { RunStatus, SourceAccount } from '../store/collections/runs.js';

/** What a run came to, given its sources' accounts. Workflows use it, too: it imports nothing. */
export function runStatusOf(accounts: readonly SourceAccount[]): RunStatus {
  const bad = accounts.filter(({ status }) => status === 'failed' || status === 'partial');
  if (bad.length === 0) return 'completed';
  return accounts.every(({ status }) => status === 'failed') ? 'failed' : 'partial';
}
