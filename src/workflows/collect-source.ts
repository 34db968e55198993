import {
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { SourceAccount } from '../store/runs.js';
import { openListing, resumeListing } from './activities.js';
import { Listeners, tell } from './listeners.js';
import {
  NO_PROGRESS,
  STATUS_ATTRIBUTE,
  pauseSignal,
  progressQuery,
  resumeSignal,
  stopSignal,
  takeOverSignal,
  type SourceProgress,
} from './messages.js';
import { STOPPED, busyAccount, pickCounts } from './progress.js';
import { SourceListing, type ListingState } from './source-listing.js';

export type Step = 'fetch' | 'normalize' | 'merge';

export interface CollectSourceInput {
  run: string;
  source: string;
  force: boolean;
  confirmShrink: boolean;
  /** Which steps to take; all of them in a usual run. */
  steps: Step[];
  /** Whose stored pages to normalize, when nothing is fetched: a run's id. */
  pagesOf?: string;
  /** Goes on at the end of what there is, until it is told to stop. */
  follow?: boolean;
  /** The search attributes are registered with the namespace. */
  searchable?: boolean;
  /** Where a run that was continued as new goes on. */
  state?: ListingState;
}

/**
 * Collects one source. Where that fails in a way that can be mended, the workflow stays with its cursor until it is told to
 * go on, or the next run wants it; its own run hears at once what it has come to.
 */
export async function collectSource(input: CollectSourceInput): Promise<SourceAccount> {
  const { run, source, steps } = input;
  const progress: SourceProgress = { ...(input.state?.progress ?? NO_PROGRESS) };
  const listeners = new Listeners(input.state?.waiting ?? [], source);
  const told = { paused: input.state?.paused ?? false, stopped: false };
  let woken = false;
  setHandler(progressQuery, () => progress);
  setHandler(pauseSignal, () => void (told.paused = true));
  setHandler(stopSignal, () => void (told.stopped = true));
  setHandler(resumeSignal, () => {
    told.paused = false;
    woken = true;
  });
  setHandler(takeOverSignal, async (other) => {
    if (listeners.knows(other)) return;
    if (progress.state !== 'parked') return tell(other, source, busyAccount());
    listeners.waiting.push(other);
    woken = true;
  });

  let state = input.state;
  // Stored pages that are read when nothing is fetched.
  let pages = steps.includes('fetch') ? run : input.pagesOf;
  if (!state) {
    const opened = await openListing({ run, source, force: input.force, fetch: steps.includes('fetch') });
    if (!opened.collect) {
      Object.assign(progress, { state: 'done', status: opened.account.status, reason: opened.account.reason });
      await condition(allHandlersFinished);
      return opened.account;
    }
    pages ??= opened.lastRun;
    const { startedAt, listing: manner, settle, timings } = opened;
    const nothing = { seq: 0, cursor: null, ended: false, normalized: 0, resumed: false, paused: false, warnings: [] };
    state = { startedAt, listing: manner, settle, timings, ...nothing, waiting: listeners.waiting, progress };
  }
  const listing = new SourceListing(input, state, progress, told, pages ?? run);
  const mark = (status: string) => {
    if (input.searchable) upsertSearchAttributes([{ key: STATUS_ATTRIBUTE, value: status }]);
  };

  let { account, failure } = await listing.collect();
  while (account.parked) {
    listing.show({ state: 'parked', parkedAt: new Date().toISOString(), ...outcomeOf(account) });
    mark('parked');
    woken = false;
    await listeners.tellParent(account);
    await listeners.tellWaiting(account, run);
    try {
      await condition(() => woken || told.stopped);
      if (told.stopped) {
        const message = `given up by a signal after: ${account.reason ?? 'a failure'}`;
        account = await listing.close({ ...STOPPED, message }, false);
        break;
      }
      await resumeListing({ run, source });
      listing.state.resumed = true;
      mark('collecting');
      for (const field of ['status', 'reason', 'remedy', 'parkedAt'] as const) delete progress[field];
      ({ account, failure } = await listing.collect());
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(() => listing.close(STOPPED, false));
      throw error;
    }
  }
  listing.show({ state: 'done', ...outcomeOf(account), ...pickCounts(account) });
  if (listing.state.resumed) mark(account.status);
  await listeners.tellWaiting(account, run);
  await condition(allHandlersFinished);
  if (account.status === 'failed') {
    throw ApplicationFailure.create({
      type: failure?.kind ?? 'failed',
      message: account.reason ?? `${source} failed`,
      nonRetryable: true,
      details: [account],
    });
  }
  return account;
}

function outcomeOf({ status, reason, remedy }: SourceAccount): Partial<SourceProgress> {
  return { status, ...(reason ? { reason } : {}), ...(remedy ? { remedy } : {}) };
}
