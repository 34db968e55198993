import { isRelisted, type AnySource } from '../../model/source.js';
import type { Store } from '../../store/database.js';
import { latestPage } from '../../store/collections/pages.js';

/** Pages of a source that must be kept at any age. */
export interface Retention {
  /** Runs whose pages are all kept. */
  runs: ReadonlySet<string>;
  /** Ids of further pages that are kept. */
  pages: ReadonlySet<string>;
  /** Whether pages that were not normalized yet are kept. */
  unread: boolean;
}

const DAY_MS = 86_400_000;

/** Pages older than this are removed unless `retentionOf` keeps them. `keepDays`: `ROLLCALL_RAW_KEEP_DAYS`, default in `config.ts`. */
export const retentionCutoff = (now: Date, keepDays: number): Date => new Date(now.getTime() - keepDays * DAY_MS);

/**
 * Finds the pages to keep at any age:
 *
 * - pages of the last complete run and of the last run, because a replay reads them
 * - pages of a running run, and of a run in which the source is parked, because the run continues after them
 * - pages with the content of a record that is still listed, or of a row in quarantine
 *
 * Records from a queue or a growing file do not change and need no page, so these pages are removed by age. A run that follows
 * such a source never ends, so only its last page, where it continues, and pages that were not normalized are kept.
 */
export async function retentionOf(
  store: Store,
  source: string,
  listing: AnySource['listing'] | undefined,
  cutoff: Date,
): Promise<Retention> {
  const relisted = listing === undefined || isRelisted({ listing });
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
    // One scan of the source's records. Looking up the rows of each old page would read all records one by one.
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
 * Runs in which the source is parked, and the last run that read the source if it has not ended. An earlier run without an end
 * no longer has a workflow, because only one run at a time collects a source.
 */
async function openRuns(store: Store, source: string, last: string | undefined): Promise<Set<string>> {
  const open = {
    $or: [{ [`sources.${source}.parked`]: true }, ...(last ? [{ _id: last, ended_at: { $exists: false } }] : [])],
  };
  return new Set((await store.runs.find(open, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id));
}
