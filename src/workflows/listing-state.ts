import type { Opened } from '../activities/listing-input.js';
import type { Cursor } from '../model/source.js';
import type { SourceProgress, WaitingRun } from '../model/messages.js';

/** What the source is like, as far as the order of its steps depends on it. */
type Manner = Pick<Extract<Opened, { collect: true }>, 'listing' | 'settle' | 'timings'>;

/** By control signals. Every one of them counts until it has had its effect, in whichever execution that is. */
export interface Told {
  paused: boolean;
  stopped: boolean;
  /** To go on, since it is parked. */
  woken: boolean;
}

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
  /** What the signals said last. */
  told: Told;
  waiting: WaitingRun[];
  warnings: string[];
  progress: SourceProgress;
}
