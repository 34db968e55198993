import type { IndexDescription } from 'mongodb';
import { runStatusOf } from '../../model/run-status.js';
import type { Store } from '../database.js';
import type { Drift } from './shapes.js';

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
  /** Rows of those pages as their envelopes count them: all that is known of pages that were only fetched. */
  rows?: number;
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
  /** Who had what was held back retired after all. */
  confirmed?: { by: string; at: Date };
  /** Fields of its rows that are new, or that none has any more, since its last complete listing. */
  drift?: Drift;
  /** Its workflow waits with the cursor where it failed: the signal `resume`, or the next run, lets it go on. */
  parked?: true;
  /** The run whose ledger holds its pages, where that is another one: it was parked there. */
  listing?: string;
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
  /** Records that a run which only merges has merged. */
  merged?: number;
  /** When raw pages of it were last removed for their age. */
  pruned_at?: Date;
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

/**
 * Writes one source's account into its run; other sources' accounts are not touched. A run that has ended already (the source
 * was parked) takes the status that its accounts have now.
 */
export async function putAccount(store: Store, run: string, source: string, account: SourceAccount): Promise<void> {
  const after = await store.runs.findOneAndUpdate(
    { _id: run },
    { $set: { [`sources.${source}`]: account } },
    { returnDocument: 'after' },
  );
  if (!after?.ended_at || after.status === 'cancelled') return;
  const status = runStatusOf(Object.values(after.sources));
  if (status !== after.status) await store.runs.updateOne({ _id: run }, { $set: { status } });
}

/** A parked source is being collected again; what it has come to so far stays. */
export async function resumeAccount(store: Store, run: string, source: string): Promise<void> {
  const at = `sources.${source}`;
  await store.runs.updateOne(
    { _id: run },
    {
      $set: { [`${at}.status`]: 'collecting' },
      $unset: { [`${at}.reason`]: true, [`${at}.remedy`]: true, [`${at}.parked`]: true },
    },
  );
}

/** Runs, the newest first; those that a source took part in, or that ended in one way. */
export function listRuns(
  store: Store,
  only: { source?: string; status?: RunStatus },
  limit: number,
): Promise<RunDoc[]> {
  const { source, status } = only;
  const filter = {
    ...(source === undefined ? {} : { [`sources.${source}`]: { $exists: true } }),
    ...(status === undefined ? {} : { status }),
  };
  return store.runs.find(filter).sort({ started_at: -1 }).limit(limit).toArray();
}

/** Runs whose id begins with `prefix`, the latest first; only the one whose id it is, where there is one. */
export async function runsNamed(store: Store, prefix: string, limit: number): Promise<RunDoc[]> {
  const exact = await store.runs.findOne({ _id: prefix });
  if (exact) return [exact];
  const escaped = prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return store.runs
    .find({ _id: { $regex: `^${escaped}` } })
    .sort({ started_at: -1 })
    .limit(limit)
    .toArray();
}

/** Which of `runs` have stored pages; only of one source, where it is named. */
export async function runsWithPages(
  store: Store,
  runs: readonly RunDoc[],
  source: string | undefined,
): Promise<RunDoc[]> {
  const having = new Set<string>(
    await store.pages.distinct('run', {
      run: { $in: runs.map(({ _id }) => _id) },
      ...(source === undefined ? {} : { source }),
    }),
  );
  return runs.filter(({ _id }) => having.has(_id));
}

/** The latest run that fetched something. */
export async function latestWithPages(store: Store): Promise<RunDoc | undefined> {
  for await (const run of store.runs.find().sort({ started_at: -1 }))
    if (await store.pages.findOne({ run: run._id }, { projection: { _id: 1 } })) return run;
  return undefined;
}
