import {
  CancellationScope,
  ParentClosePolicy,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import {
  SOURCE_ATTRIBUTE,
  accountSignal,
  pauseSignal,
  resumeSignal,
  runProgressQuery,
  stopSignal,
  takeOverSignal,
  type RunProgress,
} from '../model/messages.js';
import type { SourceAccount } from '../model/run.js';
import { sourceWorkflowId } from '../model/workflow-ids.js';
import { takeOverRetryMs, type Timings } from '../model/timings.js';
import type { HeartbeatingActivities } from './activities.js';
import { collectSource } from './collect-source.js';
import { mergeAll } from './merging.js';
import { STOPPED, busyAccount, emptyAccount } from './progress.js';
import { accountOf, tableOf } from './run-outcome.js';
import type { CollectInventoryInput, Step } from './inputs.js';

type ControlSignal = typeof pauseSignal | typeof resumeSignal | typeof stopSignal;

/** The workflow of a source: a child of this run, or one that another run started. */
interface SourceWorkflow {
  signal(signal: ControlSignal): Promise<void>;
}

/**
 * Maximum number of attempts to collect a source. An attempt fails if the source's workflow ends before the run can attach
 * to it. After the last attempt, the run records the source as busy.
 */
const MAX_ATTEMPTS = 5;

/** After the first source has ended, the merge waits this long for the others. A source that parks counts as ended. */
const MERGE_AFTER = '10 minutes';

/** The sources of one run: starts their workflows, forwards control signals to them, and keeps their accounts. */
export class RunSources {
  readonly accounts: Record<string, SourceAccount> = {};
  private readonly progress: RunProgress;
  /** The workflows that receive control signals. */
  private readonly workflows = new Map<string, SourceWorkflow>();
  /** The last control signals, kept because they also apply to sources that start later. */
  private readonly controls = { paused: false, stopped: false };

  constructor(
    private readonly run: string,
    private readonly input: CollectInventoryInput,
    private readonly startedAt: Date,
  ) {
    this.progress = { run, sources: {} };
    setHandler(runProgressQuery, () => this.progress);
    this.forward(pauseSignal, { paused: true });
    this.forward(resumeSignal, { paused: false });
    this.forward(stopSignal, { stopped: true });
  }

  /** Collects all sources in parallel. Returns when each has an account. */
  async collect(timings: Timings): Promise<void> {
    // A source that parks, or that another run started, does not end as a child of this run. Its workflow sends the account
    // as a signal.
    setHandler(accountSignal, (source, account) => {
      // Another run collects the source: this run no longer forwards control signals to it.
      if (account.status === 'busy') this.workflows.delete(source);
      this.recordAccount(source, account);
    });
    await Promise.all(this.input.sources.map((source) => this.collectSource(source, timings)));
  }

  /**
   * Collects all sources, then merges their records, and records that an earlier run has left. If some sources take much longer
   * than others, it merges the records of the others first.
   */
  async collectAndMerge(timings: Timings, activities: HeartbeatingActivities): Promise<void> {
    const collected = this.collect(timings).then(() => true);
    collected.catch(() => {}); // thrown by the await below
    let merged = 0;
    for (let ended = false; !ended;) {
      const another = condition(() => this.read().length > merged).then(() => false);
      ended = await Promise.race([collected, another]);
      ended ||= await Promise.race([collected, sleep(MERGE_AFTER).then(() => false)]);
      merged = this.read().length;
      await this.merge(activities);
    }
  }

  /** The sources that were collected, completely or not. */
  private read(): string[] {
    return Object.keys(this.accounts).filter((source) => !['fresh', 'busy'].includes(this.accounts[source]!.status));
  }

  /** Adds warnings to the accounts of the sources. */
  private async merge(activities: HeartbeatingActivities): Promise<void> {
    const { records: before = 0 } = this.progress.merging ?? {};
    const { warnings } = await mergeAll(activities, this.run, (records) => {
      this.progress.merging = { records: before + records };
    });
    for (const [source, added] of Object.entries(warnings)) {
      const account = this.accounts[source] ?? Object.values(this.accounts)[0]!;
      account.warnings = [...(account.warnings ?? []), ...added];
    }
  }

  /** Records each source without an account as failed, with the reason `cancelled`. */
  cancel(): void {
    for (const source of this.input.sources)
      this.accounts[source] ??= emptyAccount({ status: 'failed', reason: 'cancelled' }, this.startedAt);
  }

  workflowId(source: string): string {
    return sourceWorkflowId(this.input.prefix ?? 'rollcall', source);
  }

  private forward(signal: ControlSignal, change: Partial<RunSources['controls']>): void {
    setHandler(signal, async () => {
      Object.assign(this.controls, change);
      await Promise.allSettled([...this.workflows.values()].map((workflow) => workflow.signal(signal)));
    });
  }

  private recordAccount(source: string, account: SourceAccount): void {
    this.accounts[source] = account;
    this.progress.sources[source] = { workflowId: this.workflowId(source), account };
    setCurrentDetails(tableOf(this.run, this.input.sources, this.accounts));
  }

  private async collectSource(source: string, timings: Timings): Promise<void> {
    this.progress.sources[source] = { workflowId: this.workflowId(source) };
    for (let attempts = 0; this.accounts[source] === undefined; attempts += 1) {
      if (attempts === MAX_ATTEMPTS) this.recordAccount(source, busyAccount());
      else if (!(await this.collectAsChild(source))) await this.takeOver(source, timings);
    }
  }

  /** Returns `false` when the source's workflow is already running. */
  private async collectAsChild(source: string): Promise<boolean> {
    const child = await this.startChild(source);
    if (!child) return false;
    this.workflows.set(source, child);
    const { paused, stopped } = this.controls;
    const missedSignals = [...(paused ? [pauseSignal] : []), ...(stopped ? [stopSignal] : [])];
    for (const signal of missedSignals) await child.signal(signal).catch(() => {}); // the child has ended
    const ended = child.result().then(
      (account) => this.recordAccount(source, account),
      (error: unknown) => {
        if (isCancellation(error)) throw error;
        this.recordAccount(source, accountOf(error, this.startedAt));
      },
    );
    ended.catch(() => {}); // a cancellation after the race below is over
    // A cancelled run still waits until the source has ended.
    const accountReceived = CancellationScope.nonCancellable(() =>
      condition(() => this.accounts[source] !== undefined),
    );
    await Promise.race([ended, accountReceived]);
    return true;
  }

  /** Returns `undefined` when the source's workflow is already running. */
  private async startChild(source: string) {
    const { run, input } = this;
    const pagesFromRun = input.pagesFromRun?.[source];
    try {
      return await startChild(collectSource, {
        workflowId: this.workflowId(source),
        // A source that parks continues to run after its run has ended.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `${source}, run ${run}`,
        ...(input.searchable ? { typedSearchAttributes: [{ key: SOURCE_ATTRIBUTE, value: source }] } : {}),
        args: [
          {
            run,
            source,
            force: input.force ?? false,
            confirmShrink: input.confirmShrink ?? false,
            steps: stepsOf(input),
            ...(input.follow ? { follow: true } : {}),
            ...(input.searchable ? { searchable: true } : {}),
            ...(pagesFromRun ? { pagesFromRun } : {}),
          },
        ],
      });
    } catch (error) {
      if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') return undefined;
      throw error;
    }
  }

  /** Resumes a parked source and waits for its account. Returns without an account when the source's workflow has ended. */
  private async takeOver(source: string, timings: Timings): Promise<void> {
    const { controls, workflows } = this;
    const other = getExternalWorkflowHandle(this.workflowId(source));
    const { workflowId, runId } = workflowInfo();
    const requestTakeOver = (current: typeof controls) =>
      other.signal(takeOverSignal, { workflowId, runId }, current).then(
        () => true,
        () => false,
      );
    for (;;) {
      // A stopped run must not discard the cursor that another run has reached.
      if (controls.stopped && !workflows.has(source))
        return this.recordAccount(source, emptyAccount({ status: 'failed', reason: STOPPED.message }, this.startedAt));
      const sent = { ...controls };
      // The request is repeated, because a workflow that was terminated never responds.
      if (!(await requestTakeOver(sent))) return;
      if (this.accounts[source] === undefined) workflows.set(source, other);
      // Control signals that arrived during the request were not forwarded to this workflow.
      if ((controls.paused && !sent.paused) || (controls.stopped && !sent.stopped))
        await requestTakeOver({ ...controls });
      if (sent.paused && !controls.paused) await other.signal(resumeSignal).catch(() => {});
      if (await condition(() => this.accounts[source] !== undefined, takeOverRetryMs(timings))) return;
    }
  }
}

function stepsOf({ only, replay }: CollectInventoryInput): Step[] {
  if (only) return [only];
  return replay ? ['normalize', 'merge'] : ['fetch', 'normalize', 'merge'];
}
