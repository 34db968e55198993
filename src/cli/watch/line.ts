import { number } from '../../format/number.js';
import type { SourceAccount } from '../../model/run.js';
import { printable } from '../../format/printable.js';
import { onlyFetched } from '../shared/summary.js';
import { clock, duration } from '../../format/time.js';
import type { Pace } from './pace.js';
import type { SourceView } from './view.js';
import { waitingText } from './pending-activity.js';

/** The progress of one source: how far, how fast, and what blocks it. */
export interface Line {
  source: string;
  text: string;
  pace?: string;
  /** The counts. They are at the end of the line, so they are cut first if the line is too long. */
  rest?: string;
  notes: string[];
}

/** The progress as one line of text, without the notes. */
export const wholeLine = ({ text, pace, rest }: Omit<Line, 'source' | 'notes'>): string =>
  [text, pace, rest].filter(Boolean).join(', ');

export function lineOf(view: SourceView, pace: Pace | undefined): Line {
  const { source, progress, account, waiting } = view;
  const notes = waiting.map((each) => `waiting: ${waitingText(each)}`);
  if (account) {
    const merged = view.merging === undefined ? {} : { rest: `the run merges: ${number(view.merging)} merged` };
    return { source, text: outcomeText(account), ...merged, notes: [] };
  }
  if (!progress) return { source, text: 'starting', notes };
  const { state, pages, rows, total, normalized, merged } = progress;
  const of = total === undefined ? '' : ` of ${number(total)}`;
  const text = `${state}: ${number(pages)} pages, ${number(rows)}${of} records`;
  const merging = state === 'merging' || merged > 0 ? `, ${number(merged)} merged` : '';
  const rest = `${number(normalized)} normalized${merging}`;
  if (state === 'parked') notes.push(...parkedNotes(progress));
  return { source, text, ...(pace ? { pace: paceText(pace) } : {}), rest, notes };
}

function paceText({ rate, left }: Pace): string {
  const about = left === undefined ? '' : `, about ${duration(Math.max(1_000, left)).replace(/\.\d/, '')} left`;
  return `${number(Math.round(rate))} records/s${about}`;
}

function outcomeText(account: SourceAccount): string {
  const { status, parked, records, reason } = account;
  const rows = onlyFetched(account);
  const some = status === 'complete' || records > 0 ? `, ${number(records)} records` : '';
  const counted = rows > 0 ? `, ${number(rows)} rows fetched` : some;
  return `${parked ? 'parked, ' : ''}${status}${counted}${reason ? `: ${printable(reason)}` : ''}`;
}

export function parkedNotes({
  reason,
  remedy,
  parkedAt,
}: {
  reason?: string;
  remedy?: string;
  parkedAt?: string;
}): string[] {
  const since = parkedAt ? ` since ${clock(new Date(parkedAt))}` : '';
  return [`parked${since}: ${printable(reason ?? 'it failed')}`, ...(remedy ? [printable(remedy)] : [])];
}
