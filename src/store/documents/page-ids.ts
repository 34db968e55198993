import type { PageOutcome } from './pages.js';

/** Ids of a page's rows where there are more than fit into its ledger entry. `_id`: the page's, `#` and a number. */
export interface PageIdsDoc {
  _id: string;
  ids: string[];
  rejected_ids: string[];
}

/** The ids of a page's outcome. `split`: they are in a collection of their own, and the lists here are empty. */
export type OutcomeIds = Pick<PageOutcome, 'ids' | 'rejected_ids' | 'split'>;
