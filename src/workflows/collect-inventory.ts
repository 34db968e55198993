import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  ParentClosePolicy,
  isCancellation,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import type { RunStatus, SourceAccount } from '../store/runs.js';
import { closeInventoryRun, mergeRecords, openInventoryRun } from './activities.js';
import { collectSource, type Step } from './collect-source.js';
import {
  SOURCE_ATTRIBUTE,
  STATUS_ATTRIBUTE,
  pauseSignal,
  resumeSignal,
  runProgressQuery,
  stopSignal,
  type RunProgress,
} from './messages.js';

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
  /** Whose stored pages are normalized when nothing is fetched, per source: a run's id. */
  pagesOf?: Record<string, string>;
  /** Begins the ids of the sources' workflows: installations that share a namespace differ in it. */
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
}

/** Collects sources side by side into one inventory; one that fails leaves the others alone. */
export async function collectInventory(input: CollectInventoryInput): Promise<RunSummary> {
  const startedAt = new Date();
  const run = `${startedAt.toISOString().slice(0, 19).replace(/\D/g, '')}-${workflowInfo().runId.slice(-8)}`;
  const progress: RunProgress = { run, sources: {} };
  const children = new Map<string, ChildWorkflowHandle<typeof collectSource>>();
  setHandler(runProgressQuery, () => progress);
  // What was said last counts for sources that start later, too.
  let said: typeof pauseSignal | typeof resumeSignal | typeof stopSignal | undefined;
  for (const signal of [pauseSignal, resumeSignal, stopSignal]) {
    setHandler(signal, async () => {
      said = signal;
      await Promise.allSettled([...children.values()].map((child) => child.signal(signal)));
    });
  }
  await openInventoryRun({ run, startedAt: startedAt.toISOString() });

  // One workflow id a source: one at a time, however many triggers and schedules fire.
  const sourceWorkflowId = (source: string) => `${input.prefix ?? 'rollcall'}-source-${source}`;
  const steps = stepsOf(input);
  const accounts: Record<string, SourceAccount> = {};
  const collect = async (source: string): Promise<void> => {
    const workflowId = sourceWorkflowId(source);
    progress.sources[source] = { workflowId };
    const account = await collectOne(source).catch((error: unknown) => {
      if (isCancellation(error)) throw error;
      return accountOf(error, startedAt);
    });
    accounts[source] = account;
    progress.sources[source] = { workflowId, account };
    setCurrentDetails(tableOf(run, input.sources, accounts));
  };
  const collectOne = async (source: string): Promise<SourceAccount> => {
    const pagesOf = input.pagesOf?.[source];
    const child = await startChild(collectSource, {
      workflowId: sourceWorkflowId(source),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
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
          ...(pagesOf ? { pagesOf } : {}),
        },
      ],
    });
    children.set(source, child);
    if (said) await child.signal(said);
    return await child.result();
  };

  try {
    if (input.only === 'merge') while ((await mergeRecords({ run })).more);
    else await Promise.all(input.sources.map(collect));
  } catch (error) {
    if (isCancellation(error)) {
      for (const source of input.sources) accounts[source] ??= { ...accountOf(error, startedAt), reason: 'cancelled' };
      await CancellationScope.nonCancellable(() => closeInventoryRun({ run, status: 'cancelled', accounts }));
    }
    throw error;
  }

  const status = statusOf(Object.values(accounts));
  const { hosts } = await closeInventoryRun({ run, status, accounts });
  if (input.searchable) upsertSearchAttributes([{ key: STATUS_ATTRIBUTE, value: status }]);
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  const summary: RunSummary = { run, status, hosts, seconds, sources: accounts };
  if (status === 'failed') {
    const reasons = Object.entries(accounts).map(([source, { reason }]) => `${source}: ${reason ?? 'failed'}`);
    throw ApplicationFailure.create({
      type: 'failed',
      message: reasons.join('; '),
      nonRetryable: true,
      details: [summary],
    });
  }
  return summary;
}

function stepsOf({ only, replay }: CollectInventoryInput): Step[] {
  if (only) return [only];
  return replay ? ['normalize', 'merge'] : ['fetch', 'normalize', 'merge'];
}

function statusOf(accounts: SourceAccount[]): RunStatus {
  const bad = accounts.filter(({ status }) => status === 'failed' || status === 'partial');
  if (bad.length === 0) return 'completed';
  return accounts.every(({ status }) => status === 'failed') ? 'failed' : 'partial';
}

/** The account of a source whose workflow failed, or could not be started because another run is collecting it. */
function accountOf(error: unknown, startedAt: Date): SourceAccount {
  const empty = { pages: 0, records: 0, new: 0, changed: 0, unchanged: 0, quarantined: 0, gone: 0, repeated: 0 };
  if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') {
    return { ...empty, status: 'busy', reason: 'another run is collecting it right now', started_at: startedAt };
  }
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [account] = (cause.details ?? []) as SourceAccount[];
    if (account?.status) return account;
  }
  return {
    ...empty,
    status: 'failed',
    reason: cause instanceof Error ? cause.message : String(cause),
    started_at: startedAt,
  };
}

/** What the Web UI shows of the run. */
function tableOf(run: string, sources: string[], accounts: Record<string, SourceAccount>): string {
  const rows = sources.map((source) => {
    const account = accounts[source];
    if (!account) return `| ${source} | collecting | | | | | |`;
    const { status, records, new: created, changed, unchanged, quarantined, gone, reason } = account;
    return `| ${source} | ${status}${reason ? `: ${reason}` : ''} | ${records} | ${created} | ${changed} | ${unchanged} | ${quarantined} / ${gone} |`;
  });
  return [
    `Run ${run}`,
    '',
    '| source | status | records | new | changed | unchanged | quarantined / gone |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
