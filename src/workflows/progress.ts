import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { FailureNote } from '../activities/failures.js';
import type { Normalized } from '../activities/normalize.js';
import type { SourceAccount } from '../store/runs.js';
import type { SourceProgress } from './messages.js';

export const STOPPED: FailureNote = { kind: 'unreachable', message: 'stopped by a signal before its end' };

/** What an activity that gave up has to say about it. */
export function noteOf(error: unknown): FailureNote {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [note] = (cause.details ?? []) as FailureNote[];
    if (note?.message) return note;
  }
  return { kind: 'defect', message: cause instanceof Error ? cause.message : String(cause) };
}

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

/** What the Web UI shows of a running source. */
export function detailsOf(source: string, progress: SourceProgress): string {
  const of = progress.total === undefined ? '' : ` of ${progress.total}`;
  return [
    `**${source}**: ${progress.status ?? progress.state}${progress.reason ? ` (${progress.reason})` : ''}`,
    `${progress.pages} pages, ${progress.rows}${of} rows fetched, ${progress.normalized} normalized`,
    `${progress.new} new, ${progress.changed} changed, ${progress.unchanged} unchanged, ${progress.quarantined} quarantined`,
  ].join('\n\n');
}
