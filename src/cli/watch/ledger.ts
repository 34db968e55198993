import type { Store } from '../../store/database.js';
import { ledgerTail } from '../../store/ledger-tail.js';
import type { SourceView } from './view.js';

/**
 * Adds page counts from the ledger: a workflow gets the number of pages only after a whole batch. Without a store, or while
 * MongoDB is unreachable, the workflow's counts are used.
 */
export function withLedger(store: Store | undefined, views: readonly SourceView[]): Promise<SourceView[]> {
  return Promise.all(
    views.map(async (view) => {
      const { source, progress } = view;
      if (!store || !progress || (progress.state !== 'fetching' && progress.state !== 'paused')) return view;
      const tail = await ledgerTail(store, source, progress.pages).catch(() => ({ pages: 0, rows: 0 }));
      return {
        ...view,
        progress: { ...progress, pages: progress.pages + tail.pages, rows: progress.rows + tail.rows },
      };
    }),
  );
}
