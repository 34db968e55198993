import {
  ApplicationFailure,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { FailureNote } from '../activities/failures.js';
import type { Opened } from '../activities/listing.js';
import type { Cursor } from '../sources/source.js';
import type { SourceAccount } from '../store/runs.js';
import { closeListing, deliverRecords, fetchPages, mergeRecords, normalizePages, openListing } from './activities.js';
import { NO_PROGRESS, pauseSignal, resumeSignal, progressQuery, stopSignal, type SourceProgress } from './messages.js';
import { STOPPED, addCounts, countsOf, detailsOf, noteOf, pickCounts } from './progress.js';

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
  /** Where a run that was continued as new goes on. */
  state?: CollectState;
}

/** What the source is like, as far as the order of its steps depends on it. */
type Manner = Pick<Extract<Opened, { collect: true }>, 'listing' | 'settle'>;

/** The pagination state: all that has to survive a continue-as-new. */
interface CollectState extends Manner {
  startedAt: string;
  seq: number;
  cursor: Cursor | null;
  ended: boolean;
  /** Position in the listing up to which pages are records. */
  normalized: number;
  paused: boolean;
  warnings: string[];
  progress: SourceProgress;
}

const MOST_WARNINGS = 10;

/** Collects one source: stretch by stretch into the page ledger, normalized alongside, then merged into hosts. */
export async function collectSource(input: CollectSourceInput): Promise<SourceAccount> {
  const { run, source, steps } = input;
  const progress: SourceProgress = { ...(input.state?.progress ?? NO_PROGRESS) };
  let paused = input.state?.paused ?? false;
  let stopped = false;
  setHandler(progressQuery, () => progress);
  setHandler(pauseSignal, () => void (paused = true));
  setHandler(resumeSignal, () => void (paused = false));
  setHandler(stopSignal, () => void (stopped = true));

  // Stored pages that are read when nothing is fetched.
  let pagesOf = steps.includes('fetch') ? run : input.pagesOf;
  let state: CollectState;
  if (input.state) state = input.state;
  else {
    const opened = await openListing({ run, source, force: input.force, fetch: steps.includes('fetch') });
    if (!opened.collect) {
      Object.assign(progress, { state: 'done', status: opened.account.status, reason: opened.account.reason });
      return opened.account;
    }
    pagesOf ??= opened.lastRun;
    state = {
      startedAt: opened.startedAt,
      listing: opened.listing,
      settle: opened.settle,
      seq: 0,
      cursor: null,
      ended: false,
      normalized: 0,
      paused: false,
      warnings: [],
      progress,
    };
  }

  const queue = state.listing === 'queue';
  const ordered = state.settle === 'order';
  const follow = (input.follow ?? false) && (queue || state.listing === 'append');
  let fetching = steps.includes('fetch');
  /** What is left is for the next execution. */
  let continuing = false;
  let normalizingFailed: FailureNote | undefined;
  /** Follows the fetching close behind, and ends when there is nothing left to read. */
  const normalize = async (): Promise<void> => {
    try {
      for (;;) {
        const sum = await normalizePages({
          run,
          source,
          from: state.normalized,
          follow: fetching,
          pages: pagesOf ?? run,
        });
        addCounts(progress, sum);
        state.normalized = sum.next;
        if (sum.stopped === 'ended' || continuing) return;
        if (sum.stopped === 'waited') await condition(() => !fetching || state.seq > state.normalized);
      }
    } catch (error) {
      if (isCancellation(error)) throw error;
      normalizingFailed = noteOf(error);
    }
  };
  // A queue's pages are records before it forgets them, and what is put in order waits for the end.
  const alongside = steps.includes('normalize') && !ordered && !(queue && fetching);
  const normalizing = alongside ? normalize() : Promise.resolve();
  normalizing.catch(() => {}); // a cancellation: awaited below, if it comes that far

  /** Puts what was fetched since the last time in order. */
  const deliver = async (): Promise<void> => {
    const sum = await deliverRecords({ run, source, from: state.normalized, pages: pagesOf ?? run });
    addCounts(progress, sum);
    state.normalized = sum.next;
  };
  const close = (failure: FailureNote | undefined, ended: boolean): Promise<SourceAccount> =>
    closeListing({
      run,
      source,
      startedAt: state.startedAt,
      closedAt: new Date().toISOString(),
      complete: failure === undefined && ended,
      replayed: !steps.includes('fetch'),
      ...(ordered || !steps.includes('fetch') ? { counted: countsOf(progress) } : {}),
      ...(failure ? { reason: failure.message, ...(failure.remedy ? { remedy: failure.remedy } : {}) } : {}),
      warnings: state.warnings,
      confirmShrink: input.confirmShrink,
    });
  const merge = async (): Promise<void> => {
    for (let more = true; more;) {
      const merged = await mergeRecords({ run });
      progress.merged += merged.settled;
      more = merged.more;
    }
  };
  /** While following: brings what was fetched to its end, so that it can be used and the next run goes on after it. */
  const round = async (): Promise<void> => {
    if (ordered) await deliver();
    await close(undefined, true);
    if (state.settle === 'merge') await merge();
  };

  let interrupted: FailureNote | undefined;
  // oxlint-disable-next-line no-unmodified-loop-condition -- normalize() sets it meanwhile
  while (fetching && !state.ended && !interrupted && !normalizingFailed) {
    progress.state = paused ? 'paused' : 'fetching';
    await condition(() => !paused || stopped);
    if (stopped) break;
    progress.state = 'fetching';
    try {
      const stretch = await fetchPages({
        run,
        source,
        seq: state.seq,
        cursor: state.cursor,
        rows: progress.rows,
        ...(follow ? { follow } : {}),
      });
      if (stretch.through) addCounts(progress, stretch.through);
      progress.pages = stretch.to;
      progress.rows += stretch.rows;
      for (const warning of stretch.warnings) {
        if (state.warnings.length < MOST_WARNINGS && !state.warnings.includes(warning)) state.warnings.push(warning);
      }
      if (stretch.total !== undefined) progress.total = stretch.total;
      Object.assign(state, { seq: stretch.to, cursor: stretch.next, ended: stretch.next === null });
      setCurrentDetails(detailsOf(source, progress));
      if (follow && stretch.rows > 0) await round();
    } catch (error) {
      if (isCancellation(error)) throw error;
      interrupted = noteOf(error);
    }
    if (workflowInfo().continueAsNewSuggested && !state.ended && !interrupted && !stopped) {
      fetching = false;
      continuing = true;
      await normalizing;
      if (!normalizingFailed)
        await continueAsNew<typeof collectSource>({ ...input, state: { ...state, paused, progress } });
    }
  }
  // Pages of a stretch that failed in its middle are in the ledger, and as good as any.
  fetching = false;
  await normalizing;
  try {
    if (ordered && steps.includes('normalize')) await deliver();
  } catch (error) {
    if (isCancellation(error)) throw error;
    normalizingFailed = noteOf(error);
  }

  // Who follows ends when told to: that is no fault.
  const cut = stopped && !state.ended && !follow;
  const failure = interrupted ?? normalizingFailed ?? (cut ? STOPPED : undefined);
  const account = await close(failure, state.ended || follow || !steps.includes('fetch'));

  if (steps.includes('merge') && state.settle === 'merge') {
    progress.state = 'merging';
    setCurrentDetails(detailsOf(source, progress));
    await merge();
  }
  Object.assign(progress, { state: 'done', status: account.status, reason: account.reason, ...pickCounts(account) });
  setCurrentDetails(detailsOf(source, progress));
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
