import {
  ApplicationFailure,
  CancellationScope,
  ParentClosePolicy,
  isCancellation,
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { type RunStatus, type SourceAccount, runStatusOf } from '../model/run.js';
import { askAgainMs } from '../model/timings.js';
import {
  closeInventoryRun,
  openInventoryRun,
  heartbeatingActivities,
  type HeartbeatingActivities,
} from './activities.js';
import { collectSource } from './collect-source.js';
import { runMaintenance, type Upkeep } from './maintenance.js';
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
import { accountOf, tableOf, problemOf } from './run-outcome.js';

export interface CollectInventoryInput {
  sources: string[];
  /** Collect sources that are still fresh too. */
  force?: boolean;
  /** Retire all missing records, even when they exceed the permitted share. */
  confirmShrink?: boolean;
  /** Take only this step. Default: all steps. */
  only?: Step;
  /** For queues and growing files: keep collecting until the signal `stop`. */
  follow?: boolean;
  /** Normalize and merge stored pages instead of fetching. */
  replay?: boolean;
  /** Maintenance after the run: a scheduled run writes the day's report and removes old raw pages. */
  upkeep?: Upkeep[];
  /** Per source, the id of the run whose stored pages are normalized when nothing is fetched. */
  pagesOf?: Record<string, string>;
  /** Prefix of the sources' workflow ids, so that several installations can share a namespace. */
  prefix?: string;
  /** The search attributes are registered with the namespace. */
  searchable?: boolean;
}

export interface RunSummary {
  run: string;
  status: RunStatus;
  /** Live hosts after the run. */
  hosts: number;
  seconds: number;
  sources: Record<string, SourceAccount>;
  /** Number of merged records; only of a run that only merges. */
  merged?: number;
}

type ControlSignal = typeof pauseSignal | typeof resumeSignal | typeof stopSignal;

/** The run gives a source up after this many attempts whose workflow ended before the run could attach to it. */
const MAX_ATTEMPTS = 5;

/** Collects sources in parallel into one inventory. A source that fails does not affect the others. */
export async function collectInventory(input: CollectInventoryInput): Promise<RunSummary> {
  const startedAt = new Date();
  const run = `${startedAt.toISOString().slice(0, 19).replace(/\D/g, '')}-${workflowInfo().runId.slice(-8)}`;
  const progress: RunProgress = { run, sources: {} };
  const workflows = new Map<string, { signal(signal: ControlSignal): Promise<void> }>();
  setHandler(runProgressQuery, () => progress);
  // The last control signals, kept because they also apply to sources that start later.
  const controls = { paused: false, stopped: false };
  const forward = (signal: ControlSignal, change: Partial<typeof controls>) =>
    setHandler(signal, async () => {
      Object.assign(controls, change);
      await Promise.allSettled([...workflows.values()].map((workflow) => workflow.signal(signal)));
    });
  forward(pauseSignal, { paused: true });
  forward(resumeSignal, { paused: false });
  forward(stopSignal, { stopped: true });
  const { timings } = await openInventoryRun({ run, startedAt: startedAt.toISOString() });
  const activities = heartbeatingActivities(timings);

  // A source has one workflow id, so Temporal runs it once at a time, however many triggers and schedules fire.
  const sourceWorkflowId = (source: string) => `${input.prefix ?? 'rollcall'}-source-${source}`;
  const steps = stepsOf(input);
  const accounts: Record<string, SourceAccount> = {};
  const recordAccount = (source: string, account: SourceAccount): void => {
    accounts[source] = account;
    progress.sources[source] = { workflowId: sourceWorkflowId(source), account };
    setCurrentDetails(tableOf(run, input.sources, accounts));
  };
  // A source that parks, or that another run began, does not end as a child of this run: it sends its account as a signal.
  setHandler(settledSignal, (source, account) => {
    // Another run collects the source: this run no longer forwards control signals to it.
    if (account.status === 'busy') workflows.delete(source);
    recordAccount(source, account);
  });
  const collect = async (source: string): Promise<void> => {
    progress.sources[source] = { workflowId: sourceWorkflowId(source) };
    for (let attempts = 0; accounts[source] === undefined; attempts += 1) {
      if (attempts === MAX_ATTEMPTS) recordAccount(source, busyAccount());
      else if (!(await collectAsChild(source))) await takeOver(source);
    }
  };
  /** Returns `false` when the source's workflow is already running. */
  const collectAsChild = async (source: string): Promise<boolean> => {
    const pagesOf = input.pagesOf?.[source];
    const child = await startChild(collectSource, {
      workflowId: sourceWorkflowId(source),
      // A source that parks outlives its run.
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
    const missedSignals = [...(controls.paused ? [pauseSignal] : []), ...(controls.stopped ? [stopSignal] : [])];
    for (const signal of missedSignals) await child.signal(signal).catch(() => {}); // it has ended
    const ended = child.result().then(
      (account) => recordAccount(source, account),
      (error: unknown) => {
        if (isCancellation(error)) throw error;
        recordAccount(source, accountOf(error, startedAt));
      },
    );
    ended.catch(() => {}); // a cancellation after the race below is over
    // A cancelled run still waits until the source has ended.
    const accountReceived = CancellationScope.nonCancellable(() => condition(() => accounts[source] !== undefined));
    await Promise.race([ended, accountReceived]);
    return true;
  };
  /** Resumes a parked source and waits for its account. Returns without an account when the source's workflow has ended. */
  const takeOver = async (source: string): Promise<void> => {
    const other = getExternalWorkflowHandle(sourceWorkflowId(source));
    const { workflowId, runId } = workflowInfo();
    const requestTakeOver = (current: typeof controls) =>
      other.signal(takeOverSignal, { workflowId, runId }, current).then(
        () => true,
        () => false,
      );
    for (;;) {
      // A stopped run does not discard the cursor that another run has reached.
      if (controls.stopped && !workflows.has(source))
        return recordAccount(source, emptyAccount({ status: 'failed', reason: STOPPED.message }, startedAt));
      const sent = { ...controls };
      // The request is repeated, because a workflow that was terminated never responds.
      if (!(await requestTakeOver(sent))) return;
      if (accounts[source] === undefined) workflows.set(source, other);
      // Control signals that arrived during the request were not forwarded to this workflow.
      if ((controls.paused && !sent.paused) || (controls.stopped && !sent.stopped))
        await requestTakeOver({ ...controls });
      if (sent.paused && !controls.paused) await other.signal(resumeSignal).catch(() => {});
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
  await runMaintenance(activities, run, input.upkeep ?? []);
  const summary: RunSummary = {
    run,
    status,
    hosts,
    seconds,
    sources: accounts,
    ...(merged === undefined ? {} : { merged }),
  };
  if (status === 'completed') return summary;
  // The workflow fails unless the run is complete, so that the Web UI shows it as failed, with this message.
  throw ApplicationFailure.create({
    type: status,
    message: Object.entries(accounts)
      .flatMap(([source, account]) => problemOf(source, account, sourceWorkflowId(source)))
      .join('; '),
    nonRetryable: true,
    details: [summary],
  });
}

/** Returns how many records were merged. */
async function mergeAll(activities: HeartbeatingActivities, run: string): Promise<number> {
  for (let merged = 0; ;) {
    const { settled, more } = await activities.mergeRecords({ run });
    merged += settled;
    if (!more) return merged;
  }
}

function stepsOf({ only, replay }: CollectInventoryInput): Step[] {
  if (only) return [only];
  return replay ? ['normalize', 'merge'] : ['fetch', 'normalize', 'merge'];
}
