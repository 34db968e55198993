import type { AnySource } from '../../model/source.js';
import type { Store } from '../../store/database.js';
import { latestPage } from '../../store/collections/pages.js';

/** What protects a source's pages, however old they are. */
export interface Keepers {
  /** All pages of these runs. */
  runs: ReadonlySet<string>;
  /** These pages. */
  pages: ReadonlySet<string>;
  /** Pages that were not read yet. */
  unread: boolean;
}

/**
 * Kept are the pages
 *
 * - of the last complete run, and of the last run at all: a replay reads them
 * - of a run under way, and of one that waits for somebody with the source parked: it goes on behind them
 * - that hold the content of a record which is still listed, or of a row in quarantine
 *
 * What a queue or a growing file brought stays as it is and its records need no page: their pages go by age. A run that
 * follows one never ends, so of its pages only the last one is kept, where it goes on, and those that were not read.
 */
export async function keepersOf(
  store: Store,
  source: string,
  listing: AnySource['listing'] | undefined,
  cutoff: Date,
): Promise<Keepers> {
  const relisted = listing !== 'queue' && listing !== 'append';
  const known = await store.sources.findOne({ _id: source });
  const open = await openRuns(store, source, known?.last_run);
  const complete = known?.last_complete;
  const runs = new Set<string>();
  const pages = new Set<string>();
  const quarantined = store.quarantine.aggregate<{ _id: string }>([
    { $match: { source } },
    { $group: { _id: '$page' } },
  ]);
  for await (const { _id } of quarantined) pages.add(_id);
  if (complete && (relisted || !open.has(complete.run))) runs.add(complete.run);
  if (relisted) {
    for (const run of open) runs.add(run);
    const last = await latestPage(store, source);
    if (last) runs.add(last.run);
    if (known?.last_run) runs.add(known.last_run);
    // One pass over the source's records: to look up the rows of each old page would read every record as well, one by one.
    const referred = store.records.aggregate<{ _id: string }>(
      [
        { $match: { _id: { $gte: `${source}:`, $lt: `${source};` } } },
        { $match: { observed_at: { $lt: cutoff }, gone_at: { $exists: false } } },
        { $group: { _id: '$page' } },
      ],
      { allowDiskUse: true },
    );
    for await (const { _id } of referred) pages.add(_id);
  } else {
    for (const run of open) {
      const last = await store.pages.findOne({ run, source }, { sort: { seq: -1 }, projection: { _id: 1 } });
      if (last) pages.add(last._id);
    }
  }
  return { runs, pages, unread: !relisted };
}

/**
 * Runs that left the source parked, and the one that asked it last unless that has ended. One before it that never ended has
 * lost its workflow: a source is collected by one run at a time.
 */
async function openRuns(store: Store, source: string, last: string | undefined): Promise<Set<string>> {
  const open = {
    $or: [{ [`sources.${source}.parked`]: true }, ...(last ? [{ _id: last, ended_at: { $exists: false } }] : [])],
  };
  return new Set((await store.runs.find(open, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id));
}
