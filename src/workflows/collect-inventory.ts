import {
  ApplicationFailure,
  CancellationScope,
  ParentClosePolicy,
  isCancellation,
  condition,
  getExternalWorkflowHandle,
  log,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { runStatusOf } from '../model/run.js';
import { askAgainMs } from '../model/timings.js';
import type { RunStatus, SourceAccount } from '../model/run.js';
import { closeInventoryRun, openInventoryRun, patientActivities, type PatientActivities } from './activities.js';
import { collectSource } from './collect-source.js';
import type { Step } from './source-input.js';
import {
  SOURCE_ATTRIBUTE,
  STATUS_ATTRIBUTE,
  pauseSignal,
  resumeSignal,
  runProgressQuery,
  settledSignal,
  stopSignal,
  takeOverSignal,
  type RunProgress,
} from '../model/messages.js';
import { STOPPED, busyAccount, emptyAccount } from './progress.js';
import { accountOf, tableOf, troubleOf } from './run-outcome.js';

export interface CollectInventoryInput {
  sources: string[];
  /** Collect sources that are still fresh too. */
  force?: boolean;
  /** Retire missing records however many they are. */
  confirmShrink?: boolean;
  /** One step alone; all of them when absent. */
  only?: Step;
  /** Queues and growing files: goes on until it is told to stop. */
  follow?: boolean;
  /** Normalize and merge stored pages instead of fetching. */
  replay?: boolean;
  /** What follows: a scheduled run writes the day's report and removes old raw pages. */
  upkeep?: Upkeep[];
  /** Whose stored pages are normalized when nothing is fetched, per source: a run's id. */
  pagesOf?: Record<string, string>;
  /** Begins the ids of the sources' workflows: installations that share a namespace differ in it. */
  prefix?: string;
  /** The search attributes are registered with the namespace. */
  searchable?: boolean;
}

export type Upkeep = 'report' | 'prune';

export interface RunSummary {
  run: string;
  status: RunStatus;
  /** Live hosts after the run. */
  hosts: number;
  seconds: number;
  sources: Record<string, SourceAccount>;
  /** Records merged, of a run that only merges. */
  merged?: number;
}

type Word = typeof pauseSignal | typeof resumeSignal | typeof stopSignal;

/** A source's workflow that ends whenever it is looked at is somebody else's to find out. */
const MOST_TRIES = 5;

/** Collects sources side by side into one inventory; one that fails leaves the others alone. */
export async function collectInventory(input: CollectInventoryInput): Promise<RunSummary> {
  const startedAt = new Date();
  const run = `${startedAt.toISOString().slice(0, 19).replace(/\D/g, '')}-${workflowInfo().runId.slice(-8)}`;
  const progress: RunProgress = { run, sources: {} };
  const workflows = new Map<string, { signal(of: Word): Promise<void> }>();
  setHandler(runProgressQuery, () => progress);
  // Signals count for sources that start later, too.
  const told = { paused: false, stopped: false };
  const hand = (signal: Word, now: Partial<typeof told>) =>
    setHandler(signal, async () => {
      Object.assign(told, now);
      await Promise.allSettled([...workflows.values()].map((workflow) => workflow.signal(signal)));
    });
  hand(pauseSignal, { paused: true });
  hand(resumeSignal, { paused: false });
  hand(stopSignal, { stopped: true });
  const { timings } = await openInventoryRun({ run, startedAt: startedAt.toISOString() });
  const activities = patientActivities(timings);

  // One workflow id a source: one at a time, however many triggers and schedules fire.
  const sourceWorkflowId = (source: string) => `${input.prefix ?? 'rollcall'}-source-${source}`;
  const steps = stepsOf(input);
  const accounts: Record<string, SourceAccount> = {};
  const settle = (source: string, account: SourceAccount): void => {
    accounts[source] = account;
    progress.sources[source] = { workflowId: sourceWorkflowId(source), account };
    setCurrentDetails(tableOf(run, input.sources, accounts));
  };
  // Of a source that parks, or that another run began: it does not end as this run's child.
  setHandler(settledSignal, (source, account) => {
    // What is said to this run from now on is not meant for a source of another run.
    if (account.status === 'busy') workflows.delete(source);
    settle(source, account);
  });
  const collect = async (source: string): Promise<void> => {
    progress.sources[source] = { workflowId: sourceWorkflowId(source) };
    for (let tries = 0; accounts[source] === undefined; tries += 1) {
      if (tries === MOST_TRIES) settle(source, busyAccount());
      else if (!(await collectAsChild(source))) await takeOver(source);
    }
  };
  /** `false`: its workflow is there already. */
  const collectAsChild = async (source: string): Promise<boolean> => {
    const pagesOf = input.pagesOf?.[source];
    const child = await startChild(collectSource, {
      workflowId: sourceWorkflowId(source),
      // One that parks outlives its run.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${source}, run ${run}`,
      ...(input.searchable ? { typedSearchAttributes: [{ key: SOURCE_ATTRIBUTE, value: source }] } : {}),
      args: [
        {
          run,
          source,
          force: input.force ?? false,
          confirmShrink: input.confirmShrink ?? false,
          steps,
          ...(input.follow ? { follow: true } : {}),
          ...(input.searchable ? { searchable: true } : {}),
          ...(pagesOf ? { pagesOf } : {}),
        },
      ],
    }).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') return undefined;
      throw error;
    });
    if (!child) return false;
    workflows.set(source, child);
    const late = [...(told.paused ? [pauseSignal] : []), ...(told.stopped ? [stopSignal] : [])];
    for (const signal of late) await child.signal(signal).catch(() => {}); // it has ended
    const ended = child.result().then(
      (account) => settle(source, account),
      (error: unknown) => {
        if (isCancellation(error)) throw error;
        settle(source, accountOf(error, startedAt));
      },
    );
    ended.catch(() => {}); // a cancellation that comes when nobody waits any longer
    // Cancelled, it waits until the source has ended, too.
    const settled = CancellationScope.nonCancellable(() => condition(() => accounts[source] !== undefined));
    await Promise.race([ended, settled]);
    return true;
  };
  /** Lets a parked source go on, and waits for what it comes to. Returns without that when it has ended meanwhile. */
  const takeOver = async (source: string): Promise<void> => {
    const other = getExternalWorkflowHandle(sourceWorkflowId(source));
    const { workflowId, runId } = workflowInfo();
    const ask = (now: typeof told) =>
      other.signal(takeOverSignal, { workflowId, runId }, now).then(
        () => true,
        () => false,
      );
    for (;;) {
      // A stopped run gives up no place in the listing that another one has reached.
      if (told.stopped && !workflows.has(source))
        return settle(source, emptyAccount({ status: 'failed', reason: STOPPED.message }, startedAt));
      const now = { ...told };
      // Said again now and then: one that was terminated never answers.
      if (!(await ask(now))) return;
      if (accounts[source] === undefined) workflows.set(source, other);
      // What was said meanwhile reached only the workflows that this run had by then.
      if ((told.paused && !now.paused) || (told.stopped && !now.stopped)) await ask({ ...told });
      if (now.paused && !told.paused) await other.signal(resumeSignal).catch(() => {});
      if (await condition(() => accounts[source] !== undefined, askAgainMs(timings))) return;
    }
  };

  let merged: number | undefined;
  try {
    if (input.only === 'merge') merged = await mergeAll(activities, run);
    else await Promise.all(input.sources.map(collect));
  } catch (error) {
    if (isCancellation(error)) {
      for (const source of input.sources)
        accounts[source] ??= emptyAccount({ status: 'failed', reason: 'cancelled' }, startedAt);
      await CancellationScope.nonCancellable(() => closeInventoryRun({ run, status: 'cancelled', accounts }));
    }
    throw error;
  }

  const status = runStatusOf(Object.values(accounts));
  const { hosts } = await closeInventoryRun({ run, status, accounts, ...(merged === undefined ? {} : { merged }) });
  if (input.searchable) upsertSearchAttributes([{ key: STATUS_ATTRIBUTE, value: status }]);
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  await keepUp(activities, run, input.upkeep ?? []);
  const summary: RunSummary = {
    run,
    status,
    hosts,
    seconds,
    sources: accounts,
    ...(merged === undefined ? {} : { merged }),
  };
  if (status === 'completed') return summary;
  // A run that is not complete must not look as if it were: the Web UI shows it as failed, with this message.
  throw ApplicationFailure.create({
    type: status,
    message: Object.entries(accounts)
      .flatMap(([source, account]) => troubleOf(source, account, sourceWorkflowId(source)))
      .join('; '),
    nonRetryable: true,
    details: [summary],
  });
}

/** Returns how many records were merged. */
async function mergeAll(activities: PatientActivities, run: string): Promise<number> {
  for (let merged = 0; ;) {
    const { settled, more } = await activities.mergeRecords({ run });
    merged += settled;
    if (!more) return merged;
  }
}

/** Whatever fails in it, the run has come to what it has come to. */
async function keepUp(activities: PatientActivities, run: string, upkeep: readonly Upkeep[]): Promise<void> {
  for (const work of upkeep) {
    try {
      await (work === 'report' ? activities.writeReport({ run }) : activities.pruneRawPages({ run }));
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn(`${work} was given up`, { run });
    }
  }
}

function stepsOf({ only, replay }: CollectInventoryInput): Step[] {
  if (only) return [only];
  return replay ? ['normalize', 'merge'] : ['fetch', 'normalize', 'merge'];
}
