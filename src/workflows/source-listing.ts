import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { FailureNote } from '../model/failure.js';
import type { SourceAccount } from '../model/run.js';
import { patientActivities, type PatientActivities } from './activities.js';
import type { CollectSourceInput } from './source-input.js';
import type { ListingState } from './listing-state.js';
import type { SourceProgress } from '../model/messages.js';
import { ParkableActivities, Parked } from './parkable.js';
import { STOPPED, addCounts, countsOf, detailsOf, noteOf } from './progress.js';

/** How the listing was interrupted. */
interface Interruption {
  note: FailureNote;
  /** Its activity stays pending. */
  parked: boolean;
}

const MOST_WARNINGS = 10;

/** One source's listing in one run: fetched stretch by stretch, normalized alongside, closed and merged. */
export class SourceListing {
  private readonly queue: boolean;
  private readonly ordered: boolean;
  private readonly follow: boolean;
  private readonly activities: PatientActivities;
  readonly parkable: ParkableActivities;
  private fetching = false;
  /** What is left is for the next execution. */
  private continuing = false;
  private interrupted: Interruption | undefined;
  private normalizingFailed: Interruption | undefined;

  constructor(
    private readonly input: CollectSourceInput,
    readonly state: ListingState,
    private readonly progress: SourceProgress,
    /** The run whose stored pages are normalized. */
    private readonly pages: string,
  ) {
    this.activities = patientActivities(state.timings);
    this.parkable = new ParkableActivities(() => (state.told.woken = false));
    this.queue = state.listing === 'queue';
    this.ordered = state.settle === 'order';
    this.follow = (input.follow ?? false) && (this.queue || state.listing === 'append');
  }

  /** Fetches to the end, as far as that goes; what came is stored, understood and merged. */
  async collect(): Promise<{ account: SourceAccount; failure: FailureNote | undefined }> {
    const { steps } = this.input;
    const fetch = steps.includes('fetch');
    const { told } = this.state;
    this.interrupted = this.normalizingFailed = undefined;
    this.continuing = false;
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
    const cut = told.stopped && !this.state.ended && !this.follow;
    const interruption = this.interruption();
    const failure = interruption?.note ?? (cut ? STOPPED : undefined);
    const parks = interruption?.parked === true && !told.stopped && fetch;
    if (!parks) this.parkable.drop();
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
    const { told } = state;
    while (!state.ended && !this.interrupted && !this.normalizingFailed) {
      progress.state = told.paused ? 'paused' : 'fetching';
      await condition(() => !told.paused || told.stopped);
      if (told.stopped) return;
      progress.state = 'fetching';
      await this.fetchStretch().catch((error: unknown) => {
        this.interrupted = interruptionOf(error);
      });
      if (workflowInfo().continueAsNewSuggested && !state.ended && !this.interrupted && !told.stopped) {
        this.fetching = false;
        this.continuing = true;
        await normalizing;
        if (!this.normalizingFailed) await this.continueAsNew();
      }
    }
  }

  /** The state goes along, signals that came meanwhile included. */
  async continueAsNew(): Promise<never> {
    await condition(allHandlersFinished);
    return continueAsNew<(input: CollectSourceInput) => Promise<SourceAccount>>({
      ...this.input,
      state: { ...this.state, progress: this.progress },
    });
  }

  private async fetchStretch(): Promise<void> {
    const { run, source } = this.input;
    const { state, progress } = this;
    const fetched = {
      run,
      source,
      seq: state.seq,
      cursor: state.cursor,
      rows: progress.rows,
      ...(this.follow ? { follow: true } : {}),
    };
    const stretch = await this.parkable.run('fetchPages', (id) => this.named(id).fetchPages(fetched));
    if (stretch.through) addCounts(progress, stretch.through);
    progress.pages = stretch.to;
    progress.rows += stretch.rows;
    this.warn(stretch.warnings);
    if (stretch.total !== undefined) progress.total = stretch.total;
    Object.assign(state, { seq: stretch.to, cursor: stretch.next, ended: stretch.next === null });
    this.show({});
    if (this.follow && stretch.rows > 0) await this.round();
  }

  /** While following: brings what was fetched to its end, so that it can be used and the next run goes on after it. */
  private async round(): Promise<void> {
    if (this.ordered) await this.deliver();
    await this.close(undefined, true);
    if (this.state.settle !== 'merge') return;
    this.warn(await this.merge());
  }

  /** Kept for the account, each once. */
  private warn(warnings: readonly string[]): void {
    const { warnings: known } = this.state;
    for (const warning of warnings) if (known.length < MOST_WARNINGS && !known.includes(warning)) known.push(warning);
  }

  /** Follows the fetching close behind, and ends when there is nothing left to read. */
  private async normalize(): Promise<void> {
    const { run, source } = this.input;
    const { state } = this;
    try {
      for (;;) {
        const { normalized: from } = state;
        const read = { run, source, from, follow: this.fetching, pages: this.pages };
        const sum = await this.parkable.run('normalizePages', (id) => this.named(id).normalizePages(read));
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
    const ordered = { run, source, from: this.state.normalized, pages: this.pages };
    const sum = await this.parkable.run('deliverRecords', (id) => this.named(id).deliverRecords(ordered));
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

  private interruption(): Interruption | undefined {
    return this.interrupted ?? this.normalizingFailed;
  }

  private note(error: unknown): void {
    this.normalizingFailed = interruptionOf(error);
  }

  private named(activityId: string): PatientActivities {
    return patientActivities(this.state.timings, activityId);
  }
}

function interruptionOf(error: unknown): Interruption {
  if (isCancellation(error)) throw error;
  return { note: noteOf(error), parked: error instanceof Parked };
}
