import type { PageIdsDoc, OutcomeIds } from '../documents/page-ids.js';
import type { Store } from '../database.js';
import { slicesOfIds } from '../slices.js';

/** Maximum number of bytes for the ids in a ledger entry, far below MongoDB's limit of 16 MB for a document. */
const MOST_BYTES = 4 * 1024 * 1024;

const partId = (page: string, part: number) => `${page}#${String(part).padStart(6, '0')}`;
const partsOf = (page: string) => ({ _id: { $gte: `${page}#`, $lt: `${page}$` } });

/**
 * Stores the ids in `page_ids` if they do not fit into the ledger entry. Returns the fields of the ledger entry. Can be
 * repeated.
 */
export async function putIds(store: Store, page: string, listed: Omit<OutcomeIds, 'split'>): Promise<OutcomeIds> {
  const { ids, rejected_ids } = listed;
  if (sizeOf(ids) + sizeOf(rejected_ids) <= MOST_BYTES) return { ids, rejected_ids };
  const parts: Omit<PageIdsDoc, '_id'>[] = [
    ...[...slicesOfIds(ids)].map((some) => ({ ids: [...some], rejected_ids: [] })),
    ...[...slicesOfIds(rejected_ids)].map((some) => ({ ids: [], rejected_ids: [...some] })),
  ];
  for (const [part, doc] of parts.entries())
    await store.pageIds.replaceOne({ _id: partId(page, part) }, doc, { upsert: true });
  // Removes further parts that an earlier attempt wrote.
  await store.pageIds.deleteMany({ _id: { $gte: partId(page, parts.length), $lt: `${page}$` } });
  return { ids: [], rejected_ids: [], split: true };
}

/** The ids of a page, in parts of a few megabytes. */
export async function* idsIn(store: Store, page: string, outcome: OutcomeIds): AsyncGenerator<OutcomeIds> {
  if (outcome.split) yield* store.pageIds.find(partsOf(page)).sort({ _id: 1 }).batchSize(2);
  else yield outcome;
}

/** The outcome with all ids, including those in `page_ids`. */
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

/** Removes the ids of pages from `page_ids`. */
export async function removeIds(store: Store, pages: readonly string[]): Promise<void> {
  for (const page of pages) await store.pageIds.deleteMany(partsOf(page));
}

/** Upper bound of the UTF-8 size, plus BSON's overhead of a list element. */
function sizeOf(ids: readonly string[]): number {
  let bytes = 0;
  for (const id of ids) bytes += 3 * id.length + 16;
  return bytes;
}
