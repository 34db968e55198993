import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { FailureNote } from '../activities/failures.js';
import type { Normalized } from '../activities/normalize.js';
import type { Cursor } from '../sources/source.js';
import type { SourceAccount } from '../store/runs.js';
import { closeListing, fetchPages, mergeRecords, normalizePages, openListing } from './activities.js';
import { NO_PROGRESS, pauseSignal, resumeSignal, progressQuery, stopSignal, type SourceProgress } from './messages.js';

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
  /** Where a run that was continued as new goes on. */
  state?: CollectState;
}

/** The pagination state: all that has to survive a continue-as-new. */
interface CollectState {
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
      seq: 0,
      cursor: null,
      ended: false,
      normalized: 0,
      paused: false,
      warnings: [],
      progress,
    };
  }

  let fetching = steps.includes('fetch');
  /** What is left is for the next execution. */
  let continuing = false;
  let normalizingFailed: FailureNote | undefined;
  /** Follows the fetching close behind, and ends when there is nothing left to read. */
  const normalize = async (): Promise<void> => {
    try {
      for (;;) {
        const follow = fetching;
        const sum = await normalizePages({ run, source, from: state.normalized, follow, pages: pagesOf ?? run });
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
  const normalizing = steps.includes('normalize') ? normalize() : Promise.resolve();
  normalizing.catch(() => {}); // a cancellation: awaited below, if it comes that far

  let interrupted: FailureNote | undefined;
  // oxlint-disable-next-line no-unmodified-loop-condition -- normalize() sets it meanwhile
  while (fetching && !state.ended && !interrupted && !normalizingFailed) {
    progress.state = paused ? 'paused' : 'fetching';
    await condition(() => !paused || stopped);
    if (stopped) break;
    progress.state = 'fetching';
    try {
      const stretch = await fetchPages({ run, source, seq: state.seq, cursor: state.cursor, rows: progress.rows });
      progress.pages = stretch.to;
      progress.rows += stretch.rows;
      for (const warning of stretch.warnings) {
        if (state.warnings.length < MOST_WARNINGS && !state.warnings.includes(warning)) state.warnings.push(warning);
      }
      if (stretch.total !== undefined) progress.total = stretch.total;
      Object.assign(state, { seq: stretch.to, cursor: stretch.next, ended: stretch.next === null });
      setCurrentDetails(detailsOf(source, progress));
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

  const failure = interrupted ?? normalizingFailed ?? (stopped && !state.ended ? STOPPED : undefined);
  const account = await closeListing({
    run,
    source,
    startedAt: state.startedAt,
    closedAt: new Date().toISOString(),
    complete: failure === undefined && (state.ended || !steps.includes('fetch')),
    ...(steps.includes('fetch') ? {} : { replayed: countsOf(progress) }),
    ...(failure ? { reason: failure.message, ...(failure.remedy ? { remedy: failure.remedy } : {}) } : {}),
    warnings: state.warnings,
    confirmShrink: input.confirmShrink,
  });

  if (steps.includes('merge')) {
    progress.state = 'merging';
    setCurrentDetails(detailsOf(source, progress));
    for (let more = true; more;) {
      const merged = await mergeRecords({ run });
      progress.merged += merged.settled;
      more = merged.more;
    }
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

const STOPPED: FailureNote = { kind: 'unreachable', message: 'stopped by a signal before its end' };

/** What an activity that gave up has to say about it. */
function noteOf(error: unknown): FailureNote {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [note] = (cause.details ?? []) as FailureNote[];
    if (note?.message) return note;
  }
  return { kind: 'defect', message: cause instanceof Error ? cause.message : String(cause) };
}

function addCounts(progress: SourceProgress, sum: Normalized): void {
  progress.normalized += sum.rows;
  progress.new += sum.new;
  progress.changed += sum.changed;
  progress.unchanged += sum.unchanged;
  progress.quarantined += sum.quarantined;
}

function countsOf({ new: created, changed, unchanged, quarantined }: SourceProgress) {
  return { new: created, changed, unchanged, quarantined };
}

function pickCounts({ pages, new: created, changed, unchanged, quarantined }: SourceAccount): Partial<SourceProgress> {
  return { pages, new: created, changed, unchanged, quarantined };
}

/** What the Web UI shows of a running source. */
function detailsOf(source: string, progress: SourceProgress): string {
  const of = progress.total === undefined ? '' : ` of ${progress.total}`;
  return [
    `**${source}**: ${progress.status ?? progress.state}${progress.reason ? ` (${progress.reason})` : ''}`,
    `${progress.pages} pages, ${progress.rows}${of} rows fetched, ${progress.normalized} normalized`,
    `${progress.new} new, ${progress.changed} changed, ${progress.unchanged} unchanged, ${progress.quarantined} quarantined`,
  ].join('\n\n');
}
