import type { IndexDescription } from 'mongodb';
import type { Store } from './database.js';

/** How one source fared in one run. */
export interface SourceAccount {
  status: 'collecting' | 'complete' | 'partial' | 'failed' | 'fresh' | 'busy';
  /** Why it is not complete, and what to do: one sentence each. */
  reason?: string;
  remedy?: string;
  /** Things that did not stop it: a deprecation, a region that moved, a page size that is too large. */
  warnings?: string[];
  /** Pages of the ledger, answers that ended the listing included. */
  pages: number;
  /** Distinct records read: new + changed + unchanged + quarantined. */
  records: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Records that a complete listing no longer held. */
  gone: number;
  /** Rows served more than once (pages that shifted while we read). */
  repeated: number;
  /** Records that would be gone, held back because the listing shrank too much at once. */
  held?: number;
  started_at: Date;
  ended_at?: Date;
}

export type RunStatus = 'running' | 'completed' | 'partial' | 'failed' | 'cancelled';

/** One execution of the collecting workflow. */
export interface RunDoc {
  _id: string;
  workflow_id: string;
  status: RunStatus;
  started_at: Date;
  ended_at?: Date;
  /** Live hosts when the run ended. */
  hosts?: number;
  sources: Record<string, SourceAccount>;
}

export const runIndexes: IndexDescription[] = [{ key: { started_at: -1 } }];

export const NO_COUNTS = {
  pages: 0,
  records: 0,
  new: 0,
  changed: 0,
  unchanged: 0,
  quarantined: 0,
  gone: 0,
  repeated: 0,
} as const;

export async function openRun(store: Store, run: string, workflowId: string, startedAt: Date): Promise<void> {
  await store.runs.updateOne(
    { _id: run },
    { $setOnInsert: { workflow_id: workflowId, status: 'running', started_at: startedAt, sources: {} } },
    { upsert: true },
  );
}

/** Writes one source's account into its run; other sources' accounts are not touched. */
export async function putAccount(store: Store, run: string, source: string, account: SourceAccount): Promise<void> {
  await store.runs.updateOne({ _id: run }, { $set: { [`sources.${source}`]: account } });
}

/** The latest run whose id begins with `prefix`; without one, the latest that fetched something. */
export async function findRun(store: Store, prefix: string): Promise<RunDoc | null> {
  const escaped = prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const runs = store.runs.find({ _id: { $regex: `^${escaped}` } }).sort({ started_at: -1 });
  for await (const run of runs) {
    if (prefix !== '' || (await store.pages.findOne({ run: run._id }, { projection: { _id: 1 } }))) return run;
  }
  return null;
}
