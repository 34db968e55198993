import type { Opened } from '../activities/listing-input.js';
import type { Cursor } from '../model/source.js';
import type { SourceProgress, WaitingRun } from '../model/messages.js';

/** The properties of the source that decide the order of the workflow's steps. */
type ListingTraits = Pick<Extract<Opened, { collect: true }>, 'listing' | 'settle' | 'timings'>;

/** The last control signals. Each stays set until the workflow has acted on it, also across a continue-as-new. */
export interface ControlState {
  paused: boolean;
  stopped: boolean;
  /** The source is parked and the signal `resume` has come. */
  woken: boolean;
}

/** The pagination state and all else that has to survive a continue-as-new. */
export interface ListingState extends ListingTraits {
  startedAt: string;
  seq: number;
  cursor: Cursor | null;
  ended: boolean;
  /** Position of the first page that is not normalized yet. */
  normalized: number;
  /** The source was parked during the listing: machines may have come and gone unseen in that time. */
  resumed: boolean;
  /** The last control signals. */
  told: ControlState;
  waiting: WaitingRun[];
  warnings: string[];
  progress: SourceProgress;
}
