import type { CollectSourceInput } from './inputs.js';
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
import { Listeners, notifyRun } from './listeners.js';
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
import type { ControlState } from './listing-state.js';
import { SourceListing } from './source-listing.js';

/**
 * Collects one source. If a person can fix a failure, the source parks: the workflow keeps its cursor, and the activity
 * stays pending with its failure, until a user resets the activity, the signal `resume` arrives, or the next run takes the
 * source over. A parked source sends its account to its run at once.
 */
export async function collectSource(input: CollectSourceInput): Promise<SourceAccount> {
  const { run, source, steps } = input;
  const progress: SourceProgress = { ...(input.state?.progress ?? NO_PROGRESS) };
  const listeners = new Listeners(input.state?.waiting ?? [], source);
  const controls: ControlState = input.state?.controls ?? { paused: false, stopped: false, resumed: false };
  setHandler(progressQuery, () => progress);
  setHandler(pauseSignal, () => void (controls.paused = true));
  setHandler(stopSignal, () => void (controls.stopped = true));
  setHandler(resumeSignal, () => void Object.assign(controls, { paused: false, resumed: true }));
  setHandler(takeOverSignal, async (other, { paused, stopped }) => {
    const known = listeners.knows(other);
    if (!known && progress.state !== 'parked') return notifyRun(other, source, busyAccount());
    if (!known) listeners.waiting.push(other);
    controls.resumed ||= !known;
    controls.paused ||= paused;
    controls.stopped ||= stopped;
  });

  let state = input.state;
  // The run whose stored pages are normalized when nothing is fetched.
  let pages = steps.includes('fetch') ? run : input.pagesFromRun;
  if (!state) {
    const opened = await openListing({ run, source, force: input.force, fetch: steps.includes('fetch') });
    if (!opened.collect) {
      Object.assign(progress, { state: 'done', status: opened.account.status, reason: opened.account.reason });
      await condition(allHandlersFinished);
      return opened.account;
    }
    pages ??= opened.lastRun;
    const { startedAt, listing: listingKind, afterNormalizing, timings, shares } = opened;
    const normalized = Array.from({ length: shares }, (_, index) => index);
    const start = { seq: 0, cursor: null, ended: false, normalized, resumed: false, warnings: [] };
    const kept = { controls, waiting: listeners.waiting, progress };
    state = { startedAt, listing: listingKind, afterNormalizing, timings, ...start, ...kept };
  }
  const listing = new SourceListing(input, state, progress, pages ?? run);
  const setStatusAttribute = (status: string) => {
    if (input.searchable) upsertSearchAttributes([{ key: STATUS_ATTRIBUTE, value: status }]);
  };

  try {
    let { account, failure } = await listing.collect();
    while (account.parked) {
      listing.show({ state: 'parked', parkedAt: new Date().toISOString(), ...outcomeOf(account) });
      setStatusAttribute('parked');
      // Runs that take the source over after this line receive the account of the next try.
      const waitingRuns = listeners.take();
      await listeners.notifyParent(account);
      await listeners.notifyOthers(waitingRuns, account, run);
      await condition(() => controls.resumed || controls.stopped || listing.parkable.changed());
      if (controls.stopped) {
        const message = `stopped by a signal after: ${account.reason ?? 'a failure'}`;
        listing.parkable.cancelAll();
        account = await listing.close({ ...STOPPED, message }, false);
        break;
      }
      // An activity that a user reset in the Web UI continues. Others are cancelled and scheduled again from the cursor.
      if (controls.resumed) listing.parkable.cancelAll();
      controls.resumed = false;
      await resumeListing({ run, source });
      listing.state.resumed = true;
      setStatusAttribute('collecting');
      for (const field of ['status', 'reason', 'remedy', 'parkedAt'] as const) delete progress[field];
      if (workflowInfo().continueAsNewSuggested && !listing.parkable.changed()) await listing.continueAsNew();
      ({ account, failure } = await listing.collect());
    }
    listing.show({ state: 'done', ...outcomeOf(account), ...pickCounts(account) });
    if (listing.state.resumed) {
      setStatusAttribute(account.status);
      await recountRun({ run });
    }
    await listeners.notifyOthers(listeners.take(), account, run);
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
    await CancellationScope.nonCancellable(() => listeners.notifyOthers(listeners.take(), account, run));
    if (cancelled) throw error;
    throw failureOf(source, account, noteOf(error).kind);
  }
}

/** The workflow of a source that read no records fails; the failure contains the account. */
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
