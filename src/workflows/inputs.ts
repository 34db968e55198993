import type { ListingState } from './listing-state.js';
import type { MaintenanceTask } from './maintenance.js';

export type Step = 'fetch' | 'normalize' | 'merge';

export interface CollectInventoryInput {
  sources: string[];
  /** Collect sources that are still fresh too. */
  force?: boolean;
  /** Retire all missing records, even when they exceed the permitted share. */
  confirmShrink?: boolean;
  /** Take only this step. Default: all steps. */
  only?: Step;
  /** For queues and growing files: keep collecting until the signal `stop`. */
  follow?: boolean;
  /** Normalize and merge stored pages instead of fetching. */
  replay?: boolean;
  /** Maintenance after the run: a scheduled run writes the day's report and removes old raw pages. */
  maintenance?: MaintenanceTask[];
  /** Per source, the id of the run whose stored pages are normalized when nothing is fetched. */
  pagesFromRun?: Record<string, string>;
  /**
   * Prefix of the sources' workflow ids: the task queue. It is an input because a replay runs the workflow on another task queue.
   */
  prefix?: string;
  /** The search attributes are registered with the namespace. */
  searchable?: boolean;
}

export interface CollectSourceInput {
  run: string;
  source: string;
  force: boolean;
  confirmShrink: boolean;
  /** Which steps to take; all of them in a usual run. */
  steps: Step[];
  /** Id of the run whose stored pages are normalized when nothing is fetched. */
  pagesFromRun?: string;
  /** At the end of the listing, wait for more until the signal `stop`. */
  follow?: boolean;
  /** The search attributes are registered with the namespace. */
  searchable?: boolean;
  /** State of the previous execution, after a continue-as-new. */
  state?: ListingState;
}
