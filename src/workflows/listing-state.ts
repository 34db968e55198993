import type { Opened } from '../activities/listing-input.js';
import type { Cursor } from '../model/source.js';
import type { SourceProgress, WaitingRun } from '../model/messages.js';

/** The properties of the source that decide the order of the workflow's steps. */
type ListingTraits = Pick<Extract<Opened, { collect: true }>, 'listing' | 'afterNormalizing' | 'timings'>;

/** The last control signals. Each stays set until the workflow has acted on it, also across a continue-as-new. */
export interface ControlState {
  paused: boolean;
  stopped: boolean;
  /** The source is parked and the signal `resume` has arrived. */
  resumed: boolean;
}

/** The pagination state and all other state that a continue-as-new passes to the next execution. */
export interface ListingState extends ListingTraits {
  startedAt: string;
  seq: number;
  cursor: Cursor | null;
  ended: boolean;
  /** For each activity that shares the listing: the position of its first page that is not normalized yet. */
  normalized: number[];
  /**
   * The source was parked during the listing. In that time, machines may have appeared and disappeared without being
   * listed.
   */
  resumed: boolean;
  /** The last control signals. */
  controls: ControlState;
  waiting: WaitingRun[];
  warnings: string[];
  progress: SourceProgress;
}
