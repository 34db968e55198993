import type { ListingState } from './listing-state.js';

export type Step = 'fetch' | 'normalize' | 'merge';

export interface CollectSourceInput {
  run: string;
  source: string;
  force: boolean;
  confirmShrink: boolean;
  /** Which steps to take; all of them in a usual run. */
  steps: Step[];
  /** Whose stored pages to normalize, when nothing is fetched: a run's id. */
  pagesOf?: string;
  /** Goes on at the end of what there is, until it is told to stop. */
  follow?: boolean;
  /** The search attributes are registered with the namespace. */
  searchable?: boolean;
  /** Where a run that was continued as new goes on. */
  state?: ListingState;
}
