import type { PageIdsDoc, OutcomeIds } from '../documents/page-ids.js';
import type { Store } from '../database.js';
import { slicesOfIds } from '../slices.js';

/** An entry of the ledger holds so many bytes of ids, far below the 16 MB of a document. */
const MOST_BYTES = 4 * 1024 * 1024;

const partId = (page: string, part: number) => `${page}#${String(part).padStart(6, '0')}`;
const partsOf = (page: string) => ({ _id: { $gte: `${page}#`, $lt: `${page}$` } });

/** Stores ids beside the ledger where they do not fit into it, and returns what belongs into it. Can be repeated. */
export async function putIds(store: Store, page: string, listed: Omit<OutcomeIds, 'split'>): Promise<OutcomeIds> {
  const { ids, rejected_ids } = listed;
  if (sizeOf(ids) + sizeOf(rejected_ids) <= MOST_BYTES) return { ids, rejected_ids };
  const parts: Omit<PageIdsDoc, '_id'>[] = [
    ...[...slicesOfIds(ids)].map((some) => ({ ids: [...some], rejected_ids: [] })),
    ...[...slicesOfIds(rejected_ids)].map((some) => ({ ids: [], rejected_ids: [...some] })),
  ];
  for (const [part, doc] of parts.entries())
    await store.pageIds.replaceOne({ _id: partId(page, part) }, doc, { upsert: true });
  // Of an earlier attempt, whose code read more.
  await store.pageIds.deleteMany({ _id: { $gte: partId(page, parts.length), $lt: `${page}$` } });
  return { ids: [], rejected_ids: [], split: true };
}

/** The ids of a page, in parts of at most a few megabytes. */
export async function* idsIn(store: Store, page: string, outcome: OutcomeIds): AsyncGenerator<OutcomeIds> {
  if (outcome.split) yield* store.pageIds.find(partsOf(page)).sort({ _id: 1 }).batchSize(2);
  else yield outcome;
}

/** The outcome with all ids in it, wherever they are stored. */
export async function wholeOutcome<Outcome extends OutcomeIds>(
  store: Store,
  page: string,
  outcome: Outcome,
): Promise<Outcome> {
  if (!outcome.split) return outcome;
  const ids: string[] = [];
  const rejected: string[] = [];
  for await (const part of idsIn(store, page, outcome)) {
    for (const id of part.ids) ids.push(id);
    for (const id of part.rejected_ids) rejected.push(id);
  }
  return { ...outcome, ids, rejected_ids: rejected };
}

/** Removes what is stored of pages beside the ledger. */
export async function removeIds(store: Store, pages: readonly string[]): Promise<void> {
  for (const page of pages) await store.pageIds.deleteMany(partsOf(page));
}

/** As UTF-8 at most, with what BSON puts around an element of a list. */
function sizeOf(ids: readonly string[]): number {
  let bytes = 0;
  for (const id of ids) bytes += 3 * id.length + 16;
  return bytes;
}
