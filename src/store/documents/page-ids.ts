import type { PageOutcome } from './pages.js';

/** Ids of a page's rows that do not fit into its ledger entry. `_id` is the page's, `#` and a number. */
export interface PageIdsDoc {
  _id: string;
  ids: string[];
  rejected_ids: string[];
}

/** The ids of a page's outcome. `split`: they are in `page_ids`, and the lists here are empty. */
export type OutcomeIds = Pick<PageOutcome, 'ids' | 'rejected_ids' | 'split'>;
