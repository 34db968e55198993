import type { CollectSourceInput } from './source-input.js';
import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  allHandlersFinished,
  condition,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { SourceAccount } from '../model/run.js';
import { openListing, recountRun, resumeListing } from './activities.js';
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
} from '../model/messages.js';
import { STOPPED, busyAccount, emptyAccount, noteOf, pickCounts } from './progress.js';
import type { Told } from './listing-state.js';
import { SourceListing } from './source-listing.js';

/**
 * Collects one source. Where that fails in a way that can be mended, the workflow stays with its cursor, and the activity stays
 * pending with its failure, until it is reset, the signal `resume` comes, or the next run wants the source; its own run hears
 * at once what it has come to.
 */
export async function collectSource(input: CollectSourceInput): Promise<SourceAccount> {
  const { run, source, steps } = input;
  const progress: SourceProgress = { ...(input.state?.progress ?? NO_PROGRESS) };
  const listeners = new Listeners(input.state?.waiting ?? [], source);
  const told: Told = input.state?.told ?? { paused: false, stopped: false, woken: false };
  setHandler(progressQuery, () => progress);
  setHandler(pauseSignal, () => void (told.paused = true));
  setHandler(stopSignal, () => void (told.stopped = true));
  setHandler(resumeSignal, () => void Object.assign(told, { paused: false, woken: true }));
  setHandler(takeOverSignal, async (other, { paused, stopped }) => {
    const known = listeners.knows(other);
    if (!known && progress.state !== 'parked') return tell(other, source, busyAccount());
    if (!known) listeners.waiting.push(other);
    told.woken ||= !known;
    told.paused ||= paused;
    told.stopped ||= stopped;
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
    const nothing = { seq: 0, cursor: null, ended: false, normalized: 0, resumed: false, warnings: [] };
    state = { startedAt, listing: manner, settle, timings, ...nothing, told, waiting: listeners.waiting, progress };
  }
  const listing = new SourceListing(input, state, progress, pages ?? run);
  const mark = (status: string) => {
    if (input.searchable) upsertSearchAttributes([{ key: STATUS_ATTRIBUTE, value: status }]);
  };

  try {
    let { account, failure } = await listing.collect();
    while (account.parked) {
      listing.show({ state: 'parked', parkedAt: new Date().toISOString(), ...outcomeOf(account) });
      mark('parked');
      // Runs that take the source over from here on hear what the next try comes to.
      const heard = listeners.take();
      await listeners.tellParent(account);
      await listeners.tellOthers(heard, account, run);
      await condition(() => told.woken || told.stopped || listing.parkable.stirred());
      if (told.stopped) {
        const message = `given up by a signal after: ${account.reason ?? 'a failure'}`;
        listing.parkable.drop();
        account = await listing.close({ ...STOPPED, message }, false);
        break;
      }
      // An activity that was reset in the Web UI goes on by itself; the others are scheduled anew, from the same place.
      if (told.woken) listing.parkable.drop();
      told.woken = false;
      await resumeListing({ run, source });
      listing.state.resumed = true;
      mark('collecting');
      for (const field of ['status', 'reason', 'remedy', 'parkedAt'] as const) delete progress[field];
      if (workflowInfo().continueAsNewSuggested && !listing.parkable.stirred()) await listing.continueAsNew();
      ({ account, failure } = await listing.collect());
    }
    listing.show({ state: 'done', ...outcomeOf(account), ...pickCounts(account) });
    if (listing.state.resumed) {
      mark(account.status);
      await recountRun({ run });
    }
    await listeners.tellOthers(listeners.take(), account, run);
    await condition(allHandlersFinished);
    if (account.status !== 'failed') return account;
    throw failureOf(source, account, failure?.kind);
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const cancelled = isCancellation(error);
    if (cancelled && (progress.state === 'parked' || listing.state.resumed))
      await CancellationScope.nonCancellable(() => listing.close(STOPPED, false));
    if (!cancelled && error instanceof ApplicationFailure) throw error;
    const account = emptyAccount(
      { status: 'failed', reason: cancelled ? 'cancelled' : noteOf(error).message },
      new Date(state.startedAt),
    );
    await CancellationScope.nonCancellable(() => listeners.tellOthers(listeners.take(), account, run));
    if (cancelled) throw error;
    throw failureOf(source, account, noteOf(error).kind);
  }
}

/** A source that read nothing is a failed workflow; its account goes along. */
function failureOf(source: string, account: SourceAccount, type = 'failed'): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message: account.reason ?? `${source} failed`,
    nonRetryable: true,
    details: [account],
  });
}

function outcomeOf({ status, reason, remedy }: SourceAccount): Partial<SourceProgress> {
  return { status, ...(reason ? { reason } : {}), ...(remedy ? { remedy } : {}) };
}
