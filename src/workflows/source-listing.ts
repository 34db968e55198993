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
import { heartbeatingActivities, type HeartbeatingActivities } from './activities.js';
import type { CollectSourceInput } from './inputs.js';
import type { Share } from '../activities/normalize.js';
import type { ListingState } from './listing-state.js';
import type { SourceProgress } from '../model/messages.js';
import { mergeAll } from './merging.js';
import { ParkableActivities, Parked } from './parkable.js';
import { STOPPED, addCounts, countsOf, detailsOf, noteOf } from './progress.js';

/** Why fetching or normalizing stopped before its end. */
interface Interruption {
  note: FailureNote;
  /** The activity parked and stays pending. */
  parked: boolean;
}

const MAX_WARNINGS = 10;

/** One source's listing in one run: fetches batches of pages, normalizes them at the same time, closes the listing and merges. */
export class SourceListing {
  private readonly queue: boolean;
  private readonly ordered: boolean;
  private readonly follow: boolean;
  private readonly activities: HeartbeatingActivities;
  readonly parkable: ParkableActivities;
  private fetching = false;
  /** The workflow is about to continue as new: normalizing stops and continues in the next execution. */
  private continuing = false;
  private fetchingInterrupted: Interruption | undefined;
  private normalizingInterrupted: Interruption | undefined;

  constructor(
    private readonly input: CollectSourceInput,
    readonly state: ListingState,
    private readonly progress: SourceProgress,
    /** The run whose stored pages are normalized. */
    private readonly pages: string,
  ) {
    this.activities = heartbeatingActivities(state.timings);
    this.parkable = new ParkableActivities(() => (state.controls.resumed = false));
    this.queue = state.listing === 'queue';
    this.ordered = state.afterNormalizing === 'order';
    this.follow = (input.follow ?? false) && (this.queue || state.listing === 'append');
  }

  /** Fetches until the listing ends, fails or is stopped, then normalizes and merges the fetched pages. */
  async collect(): Promise<{ account: SourceAccount; failure: FailureNote | undefined }> {
    const { steps } = this.input;
    const fetch = steps.includes('fetch');
    const { controls } = this.state;
    this.fetchingInterrupted = this.normalizingInterrupted = undefined;
    this.continuing = false;
    this.fetching = fetch;
    // Pages of a queue are normalized inside the fetch activity; an ordered load starts when fetching has ended.
    const alongside = steps.includes('normalize') && !this.ordered && !(this.queue && fetch);
    const normalizing = alongside ? this.normalize() : Promise.resolve();
    normalizing.catch(() => {}); // a cancellation is thrown by the await below
    if (fetch) await this.fetch(normalizing);
    // Normalizing continues after a failed batch, because the pages before the failure are in the ledger and valid.
    this.fetching = false;
    await normalizing;
    if (this.ordered && steps.includes('normalize')) await this.loadInOrder().catch((error) => this.note(error));
    // The listing of a followed source does not end by itself, so for such a source a stop signal is not a failure.
    const stoppedEarly = controls.stopped && !this.state.ended && !this.follow;
    const interruption = this.interruption();
    const failure = interruption?.note ?? (stoppedEarly ? STOPPED : undefined);
    const parks = interruption?.parked === true && !controls.stopped && fetch;
    if (!parks) this.parkable.cancelAll();
    const account = await this.close(failure, this.state.ended || this.follow || !fetch, parks);
    // The run merges once after all its sources. It may have ended before a parked source has resumed.
    if (steps.includes('merge') && (this.follow || this.state.resumed) && !parks) {
      const warnings = await this.merge();
      if (warnings.length > 0) account.warnings = [...(account.warnings ?? []), ...warnings];
    }
    return { account, failure };
  }

  /** Writes the account. `parks`: a person can fix the failure, and the listing then continues from its cursor. */
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

  /** Updates the progress that the query returns and the Web UI shows. */
  show(now: Partial<SourceProgress>): void {
    Object.assign(this.progress, now);
    setCurrentDetails(detailsOf(this.input.source, this.progress));
  }

  private async fetch(normalizing: Promise<void>): Promise<void> {
    const { state, progress } = this;
    const { controls } = state;
    while (!state.ended && !this.fetchingInterrupted && !this.normalizingInterrupted) {
      progress.state = controls.paused ? 'paused' : 'fetching';
      await condition(() => !controls.paused || controls.stopped);
      if (controls.stopped) return;
      progress.state = 'fetching';
      await this.fetchBatch().catch((error: unknown) => {
        this.fetchingInterrupted = interruptionOf(error);
      });
      if (workflowInfo().continueAsNewSuggested && !state.ended && !this.fetchingInterrupted && !controls.stopped) {
        this.fetching = false;
        this.continuing = true;
        await normalizing;
        if (!this.normalizingInterrupted) await this.continueAsNew();
      }
    }
  }

  /** Starts the next execution with this state, which includes all signals received so far. */
  async continueAsNew(): Promise<never> {
    await condition(allHandlersFinished);
    return continueAsNew<(input: CollectSourceInput) => Promise<SourceAccount>>({
      ...this.input,
      state: { ...this.state, progress: this.progress },
    });
  }

  private async fetchBatch(): Promise<void> {
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
    const batch = await this.parkable.run('fetchPages', (id) => this.activitiesWithId(id).fetchPages(fetched));
    if (batch.inline) addCounts(progress, batch.inline);
    progress.pages = batch.to;
    progress.rows += batch.rows;
    this.warn(batch.warnings);
    if (batch.total !== undefined) progress.total = batch.total;
    Object.assign(state, { seq: batch.to, cursor: batch.next, ended: batch.next === null });
    this.show({});
    if (this.follow && batch.rows > 0) await this.finishBatch();
  }

  /** While following: finishes each batch, so that its records are visible and the next run starts after it. */
  private async finishBatch(): Promise<void> {
    if (this.ordered) await this.loadInOrder();
    await this.close(undefined, true);
    this.warn(await this.merge());
  }

  /** Keeps warnings for the account, each of them once. */
  private warn(warnings: readonly string[]): void {
    const { warnings: known } = this.state;
    for (const warning of warnings) if (known.length < MAX_WARNINGS && !known.includes(warning)) known.push(warning);
  }

  /** Normalizes pages while more are fetched, in several activities that share the listing. Ends after its last page. */
  private async normalize(): Promise<void> {
    const { normalized } = this.state;
    await Promise.all(normalized.map((_, index) => this.normalizeShare({ index, of: normalized.length })));
  }

  private async normalizeShare(share: Share): Promise<void> {
    const { run, source } = this.input;
    const { state } = this;
    const { index, of } = share;
    // A short listing needs only half of the activities. The others begin when a batch has pages for them.
    if (index >= of / 2) await condition(() => !this.fetching || state.seq > index);
    try {
      while (!this.continuing) {
        const from = state.normalized[index]!;
        if (state.ended && state.seq <= from) return;
        const request = { run, source, from, share, follow: this.fetching, pages: this.pages };
        const sum = await this.parkable.run(`normalizePages-${index}`, (id) =>
          this.activitiesWithId(id).normalizePages(request),
        );
        addCounts(this.progress, sum);
        state.normalized[index] = sum.next;
        if (sum.stopped === 'ended') return;
        if (sum.stopped === 'waited') await condition(() => !this.fetching || state.seq > sum.next);
      }
    } catch (error) {
      this.note(error);
    }
  }

  /** Loads the events that were fetched since the last call, in order. */
  private async loadInOrder(): Promise<void> {
    const { run, source } = this.input;
    const request = { run, source, from: this.state.normalized[0]!, pages: this.pages };
    const sum = await this.parkable.run('loadEvents', (id) => this.activitiesWithId(id).loadEvents(request));
    addCounts(this.progress, sum);
    this.state.normalized[0] = sum.next;
  }

  /** Returns warnings for the account. */
  private async merge(): Promise<string[]> {
    if (this.state.afterNormalizing !== 'merge') return [];
    this.show({ state: 'merging' });
    const before = this.progress.merged;
    const { warnings } = await mergeAll(this.activities, this.input.run, (records) => {
      this.progress.merged = before + records;
    });
    return Object.values(warnings).flat();
  }

  private interruption(): Interruption | undefined {
    return this.fetchingInterrupted ?? this.normalizingInterrupted;
  }

  private note(error: unknown): void {
    this.normalizingInterrupted = interruptionOf(error);
  }

  private activitiesWithId(activityId: string): HeartbeatingActivities {
    return heartbeatingActivities(this.state.timings, activityId);
  }
}

function interruptionOf(error: unknown): Interruption {
  if (isCancellation(error)) throw error;
  return { note: noteOf(error), parked: error instanceof Parked };
}
