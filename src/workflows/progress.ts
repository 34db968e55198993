import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { FailureNote } from '../model/failure.js';
import type { Normalized } from '../activities/normalize.js';
import type { SourceAccount } from '../model/run.js';
import type { SourceProgress } from '../model/messages.js';
import { Parked } from './parkable.js';

export const STOPPED: FailureNote = { kind: 'unreachable', message: 'stopped by a signal before the listing ended' };

/** The kind, message and remedy of an activity's final failure. */
export function noteOf(error: unknown): FailureNote {
  if (error instanceof Parked) return error.note;
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [note] = (cause.details ?? []) as FailureNote[];
    if (note?.message) return note;
  }
  return { kind: 'defect', message: cause instanceof Error ? cause.message : String(cause) };
}

/** The account of a source that was not collected. */
export function emptyAccount(
  outcome: Pick<SourceAccount, 'status' | 'reason' | 'remedy'>,
  startedAt: Date = new Date(),
): SourceAccount {
  const noCounts = { pages: 0, records: 0, new: 0, changed: 0, unchanged: 0, quarantined: 0, gone: 0, repeated: 0 };
  return { ...noCounts, ...outcome, started_at: startedAt };
}

export const busyAccount = (): SourceAccount =>
  emptyAccount({ status: 'busy', reason: 'another run is collecting it right now' });

type Counts = Pick<Normalized, 'rows' | 'new' | 'changed' | 'unchanged' | 'quarantined'>;

export function addCounts(progress: SourceProgress, sum: Counts): void {
  progress.normalized += sum.rows;
  progress.new += sum.new;
  progress.changed += sum.changed;
  progress.unchanged += sum.unchanged;
  progress.quarantined += sum.quarantined;
}

export function countsOf({ new: created, changed, unchanged, quarantined }: SourceProgress) {
  return { new: created, changed, unchanged, quarantined };
}

export function pickCounts({
  pages,
  new: created,
  changed,
  unchanged,
  quarantined,
}: SourceAccount): Partial<SourceProgress> {
  return { pages, new: created, changed, unchanged, quarantined };
}

/** The Markdown text of a running source that the Web UI shows. */
export function detailsOf(source: string, progress: SourceProgress): string {
  const of = progress.total === undefined ? '' : ` of ${progress.total}`;
  const parked = progress.state === 'parked';
  return [
    `**${source}**: ${parked ? 'parked, ' : ''}${progress.status ?? progress.state}${progress.reason ? ` (${progress.reason})` : ''}`,
    ...(parked
      ? [
          `${progress.remedy ? `${progress.remedy}. ` : ''}The signal \`resume\`, or the next run, continues the listing at this position`,
        ]
      : []),
    `${progress.pages} pages, ${progress.rows}${of} rows fetched, ${progress.normalized} normalized`,
    `${progress.new} new, ${progress.changed} changed, ${progress.unchanged} unchanged, ${progress.quarantined} quarantined`,
  ].join('\n\n');
}
