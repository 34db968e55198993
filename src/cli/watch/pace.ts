import type { SourceView } from './view.js';

/** How fast a source is fetched, and how long the rest takes. */
export interface Pace {
  /** Records a second. */
  rate: number;
  /** Milliseconds; only if the vendor reports a total. */
  left?: number;
}

/** Rows arrive in batches, so the pace is measured between two batches, over about a minute. */
const WINDOW_MS = 60_000;

/**
 * Keeps the progress of each source at each update, to compute its pace. The pace of a new source is measured from its start.
 */
export class Paces {
  private readonly seen = new Map<string, { at: number; rows: number }[]>();

  look({ source, since, progress }: SourceView, now = Date.now()): Pace | undefined {
    if (!progress || progress.state !== 'fetching' || progress.rows === 0) {
      this.seen.delete(source);
      return undefined;
    }
    const marks = this.seen.get(source) ?? [];
    this.seen.set(source, marks);
    if (marks.at(-1)?.rows !== progress.rows) marks.push({ at: now, rows: progress.rows });
    while (marks.length > 2 && now - marks[0]!.at > WINDOW_MS) marks.shift();
    const [first, last] = [marks[0]!, marks.at(-1)!];
    const from = first === last && since ? { at: since.getTime(), rows: 0 } : first;
    const rate = ((last.rows - from.rows) / (last.at - from.at)) * 1_000;
    if (!Number.isFinite(rate) || rate <= 0) return undefined;
    const rest = progress.total === undefined ? undefined : Math.max(0, progress.total - progress.rows);
    return { rate, ...(rest === undefined ? {} : { left: (rest / rate) * 1_000 }) };
  }
}
