/** The pages of a listing whose position modulo `of` is `index`. */
export interface Share {
  index: number;
  of: number;
}

export interface NormalizeInput {
  run: string;
  source: string;
  /** Position in the listing to start at. */
  from: number;
  /** Which pages to take; without it, all. Several activities share a listing this way. */
  share?: Share;
  /** Pages are still being fetched: wait for the next one, up to `waitMs`. */
  follow: boolean;
  /** The run whose stored pages are read. Differs from `run` in a replay. */
  pages: string;
  /** Number of the activity's attempt, from 1. A later attempt may follow a death, see `deaths.ts`. */
  attempt?: number;
}

export interface Normalized {
  pages: number;
  rows: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Position in the listing to continue at. */
  next: number;
  /** `ended`: the share has no further page. `budget`: there may be more pages. `waited`: no further page came within `waitMs`. */
  stopped: 'ended' | 'budget' | 'waited';
}

export const NOTHING: Normalized = {
  pages: 0,
  rows: 0,
  new: 0,
  changed: 0,
  unchanged: 0,
  quarantined: 0,
  next: 0,
  stopped: 'budget',
};
