import type { ListingState } from './listing-state.js';

export type Step = 'fetch' | 'normalize' | 'merge';

export interface CollectSourceInput {
  run: string;
  source: string;
  force: boolean;
  confirmShrink: boolean;
  /** Which steps to take; all of them in a usual run. */
  steps: Step[];
  /** Id of the run whose stored pages are normalized when nothing is fetched. */
  pagesOf?: string;
  /** At the end of the listing, wait for more until the signal `stop`. */
  follow?: boolean;
  /** The search attributes are registered with the namespace. */
  searchable?: boolean;
  /** State of the previous execution, after a continue-as-new. */
  state?: ListingState;
}
