import { condition, continueAsNew, isCancellation, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { FailureNote } from '../activities/failures.js';
import type { Opened } from '../activities/listing.js';
import type { Cursor } from '../sources/source.js';
import type { SourceAccount } from '../store/runs.js';
import { patientActivities, type PatientActivities } from './activities.js';
import type { collectSource, CollectSourceInput } from './collect-source.js';
import type { SourceProgress, WaitingRun } from './messages.js';
import { STOPPED, addCounts, countsOf, detailsOf, isMendable, noteOf } from './progress.js';

/** What the source is like, as far as the order of its steps depends on it. */
type Manner = Pick<Extract<Opened, { collect: true }>, 'listing' | 'settle' | 'timings'>;

/** The pagination state: all that has to survive a continue-as-new. */
export interface ListingState extends Manner {
  startedAt: string;
  seq: number;
  cursor: Cursor | null;
  ended: boolean;
  /** Position in the listing up to which pages are records. */
  normalized: number;
  /** It was parked meanwhile: what it did not see may have come and gone. */
  resumed: boolean;
  paused: boolean;
  waiting: WaitingRun[];
  warnings: string[];
  progress: SourceProgress;
}

const MOST_WARNINGS = 10;

/** One source's listing in one run: fetched stretch by stretch, normalized alongside, closed and merged. */
export class SourceListing {
  private readonly queue: boolean;
  private readonly ordered: boolean;
  private readonly follow: boolean;
  private readonly activities: PatientActivities;
  private fetching = false;
  /** What is left is for the next execution. */
  private continuing = false;
  private interrupted: FailureNote | undefined;
  private normalizingFailed: FailureNote | undefined;

  constructor(
    private readonly input: CollectSourceInput,
    readonly state: ListingState,
    private readonly progress: SourceProgress,
    /** By signals. */
    private readonly told: { readonly paused: boolean; readonly stopped: boolean },
    /** The run whose stored pages are normalized. */
    private readonly pages: string,
  ) {
    this.activities = patientActivities(state.timings);
    this.queue = state.listing === 'queue';
    this.ordered = state.settle === 'order';
    this.follow = (input.follow ?? false) && (this.queue || state.listing === 'append');
  }

  /** Fetches to the end, as far as that goes; what came is stored, understood and merged. */
  async collect(): Promise<{ account: SourceAccount; failure: FailureNote | undefined }> {
    const { steps } = this.input;
    const fetch = steps.includes('fetch');
    this.interrupted = this.normalizingFailed = undefined;
    this.fetching = fetch;
    // A queue's pages are records before it forgets them, and what is put in order waits for the end.
    const alongside = steps.includes('normalize') && !this.ordered && !(this.queue && fetch);
    const normalizing = alongside ? this.normalize() : Promise.resolve();
    normalizing.catch(() => {}); // a cancellation: awaited below, if it comes that far
    if (fetch) await this.fetch(normalizing);
    // Pages of a stretch that failed in its middle are in the ledger, and as good as any.
    this.fetching = false;
    await normalizing;
    if (this.ordered && steps.includes('normalize')) await this.deliver().catch((error) => this.note(error));
    // Who follows ends when told to: that is no fault.
    const cut = this.told.stopped && !this.state.ended && !this.follow;
    const failure = this.interrupted ?? this.normalizingFailed ?? (cut ? STOPPED : undefined);
    const parks = failure !== undefined && isMendable(failure) && !this.told.stopped && fetch;
    const account = await this.close(failure, this.state.ended || this.follow || !fetch, parks);
    if (steps.includes('merge') && this.state.settle === 'merge') {
      this.show({ state: 'merging' });
      const warnings = await this.merge();
      if (warnings.length > 0) account.warnings = [...(account.warnings ?? []), ...warnings];
    }
    return { account, failure };
  }

  /** Writes the account. `parks`: what failed can be mended, and the listing goes on from here then. */
  close(failure: FailureNote | undefined, ended: boolean, parks = false): Promise<SourceAccount> {
    const { run, source, steps, confirmShrink } = this.input;
    const { startedAt, resumed, warnings } = this.state;
    return this.activities.closeListing({
      run,
      source,
      startedAt,
      closedAt: new Date().toISOString(),
      complete: failure === undefined && ended,
      replayed: !steps.includes('fetch'),
      ...(resumed ? { resumed } : {}),
      ...(this.ordered || !steps.includes('fetch') ? { counted: countsOf(this.progress) } : {}),
      ...(failure ? { reason: failure.message, ...(failure.remedy ? { remedy: failure.remedy } : {}) } : {}),
      ...(parks && failure ? { parked: failure.kind } : {}),
      warnings,
      confirmShrink,
    });
  }

  /** Tells the query and the Web UI. */
  show(now: Partial<SourceProgress>): void {
    Object.assign(this.progress, now);
    setCurrentDetails(detailsOf(this.input.source, this.progress));
  }

  private async fetch(normalizing: Promise<void>): Promise<void> {
    const { state, progress } = this;
    while (!state.ended && !this.interrupted && !this.normalizingFailed) {
      progress.state = this.told.paused ? 'paused' : 'fetching';
      await condition(() => !this.told.paused || this.told.stopped);
      if (this.told.stopped) return;
      progress.state = 'fetching';
      await this.fetchStretch().catch((error: unknown) => {
        if (isCancellation(error)) throw error;
        this.interrupted = noteOf(error);
      });
      if (workflowInfo().continueAsNewSuggested && !state.ended && !this.interrupted && !this.told.stopped) {
        this.fetching = false;
        this.continuing = true;
        await normalizing;
        if (!this.normalizingFailed)
          await continueAsNew<typeof collectSource>({
            ...this.input,
            state: { ...state, paused: this.told.paused, progress },
          });
      }
    }
  }

  private async fetchStretch(): Promise<void> {
    const { run, source } = this.input;
    const { state, progress } = this;
    const stretch = await this.activities.fetchPages({
      run,
      source,
      seq: state.seq,
      cursor: state.cursor,
      rows: progress.rows,
      ...(this.follow ? { follow: true } : {}),
    });
    if (stretch.through) addCounts(progress, stretch.through);
    progress.pages = stretch.to;
    progress.rows += stretch.rows;
    for (const warning of stretch.warnings) {
      if (state.warnings.length < MOST_WARNINGS && !state.warnings.includes(warning)) state.warnings.push(warning);
    }
    if (stretch.total !== undefined) progress.total = stretch.total;
    Object.assign(state, { seq: stretch.to, cursor: stretch.next, ended: stretch.next === null });
    this.show({});
    if (this.follow && stretch.rows > 0) await this.round();
  }

  /** While following: brings what was fetched to its end, so that it can be used and the next run goes on after it. */
  private async round(): Promise<void> {
    if (this.ordered) await this.deliver();
    await this.close(undefined, true);
    if (this.state.settle === 'merge') await this.merge();
  }

  /** Follows the fetching close behind, and ends when there is nothing left to read. */
  private async normalize(): Promise<void> {
    const { run, source } = this.input;
    const { state } = this;
    try {
      for (;;) {
        const sum = await this.activities.normalizePages({
          run,
          source,
          from: state.normalized,
          follow: this.fetching,
          pages: this.pages,
        });
        addCounts(this.progress, sum);
        state.normalized = sum.next;
        if (sum.stopped === 'ended' || this.continuing) return;
        if (sum.stopped === 'waited') await condition(() => !this.fetching || state.seq > state.normalized);
      }
    } catch (error) {
      this.note(error);
    }
  }

  /** Puts what was fetched since the last time in order. */
  private async deliver(): Promise<void> {
    const { run, source } = this.input;
    const sum = await this.activities.deliverRecords({ run, source, from: this.state.normalized, pages: this.pages });
    addCounts(this.progress, sum);
    this.state.normalized = sum.next;
  }

  /** Returns what users are to know of it. */
  private async merge(): Promise<string[]> {
    const warnings: string[] = [];
    for (let more = true; more;) {
      const merged = await this.activities.mergeRecords({ run: this.input.run });
      this.progress.merged += merged.settled;
      if (merged.warning && warnings.length < MOST_WARNINGS) warnings.push(merged.warning);
      more = merged.more;
    }
    return warnings;
  }

  private note(error: unknown): void {
    if (isCancellation(error)) throw error;
    this.normalizingFailed = noteOf(error);
  }
}
