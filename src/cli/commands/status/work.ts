import type { Client } from '@temporalio/client';
import type { RunHandle } from '../../../client.js';
import type { Config } from '../../../config.js';
import type { Store } from '../../../store/database.js';
import type { RunDoc } from '../../../store/documents/runs.js';
import { isOpen, openRuns, openSources, type Execution, type OpenSource } from '../../shared/open-workflows.js';
import { withLedger } from '../../watch/ledger.js';
import { viewRun, type SourceView } from '../../watch/view.js';

/** A running run; `run` is absent until it has reported its id. */
export interface OpenRun extends Execution {
  run?: string;
  started: Date;
}

/** Everything that is running. */
export interface Work {
  runs: OpenRun[];
  /** Sources of these runs, including sources that have ended, and sources that continue although their run has ended. */
  views: SourceView[];
  /** Every source whose workflow is open, including parked ones. */
  open: OpenSource[];
}

/** Everything that is running, with the sources of its runs; limited to `only` if given. */
export async function readWork(
  store: Store,
  client: Client,
  config: Config,
  names: readonly string[],
  only?: RunDoc,
): Promise<Work> {
  const work = await workOf(client, config, names, only);
  for (const run of work.runs) {
    const id = only?._id ?? (await idOf(store, run));
    if (id !== undefined) run.run = id;
  }
  return { ...work, views: await viewWork(store, client, config, work) };
}

/** Everything that is running, without progress. */
export async function workOf(
  client: Client,
  config: Config,
  names: readonly string[],
  only?: RunDoc,
): Promise<Omit<Work, 'views'>> {
  const open = await openSources(client, config, names);
  if (!only) return { runs: await openRuns(client, config, open), open };
  const execution = await isOpen(client, only);
  return { runs: execution ? [{ ...execution, run: only._id, started: only.started_at }] : [], open: [] };
}

/** The progress of everything. Sources that continue after the end of their run are queried directly. */
export async function viewWork(
  store: Store,
  client: Client,
  config: Config,
  { runs, open }: Pick<Work, 'runs' | 'open'>,
): Promise<SourceView[]> {
  const handles = runs.map(({ workflowId, runId }) => client.workflow.getHandle(workflowId, runId) as RunHandle);
  const views = (await Promise.all(handles.map((handle) => viewRun(client, handle)))).flat();
  const seen = new Set(views.filter(({ account }) => !account).map(({ source }) => source));
  const orphans = orphansOf({ open }).filter(({ source }) => !seen.has(source));
  const again = await openSources(
    client,
    config,
    orphans.map(({ source }) => source),
  );
  const others = views.filter(({ source }) => !again.some((each) => each.source === source));
  return withLedger(store, [...others, ...again]);
}

/** Sources that are being collected, without parked ones. */
export function orphansOf({ open }: Pick<Work, 'open'>): OpenSource[] {
  return open.filter(({ progress }) => progress?.state !== 'parked');
}

/** A run's id ends with a part of Temporal's run id. */
async function idOf(store: Store, { runId, started }: OpenRun): Promise<string | undefined> {
  const since = new Date(started.getTime() - 60_000);
  const runs = await store.runs.find({ started_at: { $gte: since } }, { projection: { _id: 1 } }).toArray();
  return runs.find(({ _id }) => _id.endsWith(runId.slice(-8)))?._id;
}
