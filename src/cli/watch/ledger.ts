import type { Store } from '../../store/database.js';
import { ledgerTail } from '../../store/ledger-tail.js';
import type { SourceView } from './view.js';

/**
 * A workflow learns of pages when a whole stretch of them is done; the ledger has them at once. Without a store, or while it
 * is away, what the workflow knows has to do.
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
