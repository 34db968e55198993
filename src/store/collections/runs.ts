import type { RunDoc } from '../documents/runs.js';
import { runStatusOf, type RunStatus, type SourceAccount } from '../../model/run.js';
import type { Store } from '../database.js';

export async function openRun(store: Store, run: string, workflowId: string, startedAt: Date): Promise<void> {
  await store.runs.updateOne(
    { _id: run },
    { $setOnInsert: { workflow_id: workflowId, status: 'running', started_at: startedAt, sources: {} } },
    { upsert: true },
  );
}

/**
 * Stores one source's account in its run, without changing other accounts. If the run has ended already (the source was parked),
 * updates the run's status from its accounts.
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

/** Sets a parked source to collecting again. Its counts stay. */
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

/** Runs, the newest first; optionally only those with a source or a status. */
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

/** Runs whose id begins with `prefix`, the latest first. If `prefix` is the id of a run, only that run. */
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

/** The runs among `runs` that have stored pages, optionally of one source. */
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

/** The latest run with stored pages. */
export async function latestWithPages(store: Store): Promise<RunDoc | undefined> {
  for await (const run of store.runs.find().sort({ started_at: -1 }))
    if (await store.pages.findOne({ run: run._id }, { projection: { _id: 1 } })) return run;
  return undefined;
}
