import { createHash } from 'node:crypto';
import type { Store } from '../store/database.js';
import type { PageDoc, PageOutcome } from '../store/documents/pages.js';

/** What a page's rows were understood as; equal for the same records with the same content. */
export function contentDigest(records: readonly { id: string; hash: string }[]): string {
  const digest = createHash('sha256');
  for (const { id, hash } of records) digest.update(`${id}\n${hash}\n`);
  return digest.digest('base64url').slice(0, 22);
}

/** The outcome of another run's page that had the same bytes and was read by the same version, where all rows were understood. */
export async function outcomeOfSameBytes(
  store: Store,
  page: PageDoc,
  version: string,
): Promise<PageOutcome | undefined> {
  const same = { source: page.source, digest: page.digest, run: { $ne: page.run } };
  const earlier = await store.pages.findOne(
    { ...same, 'outcome.reader': version, 'outcome.quarantined': 0, 'outcome.split': { $exists: false } },
    { projection: { outcome: 1 } },
  );
  return earlier?.outcome;
}

/**
 * Whether all records still are what `outcome` says that the page's bytes make them: reading them again could change
 * nothing. Times are no exception: they only ever move forward, and those of the same bytes are known.
 */
export async function stillHolds(store: Store, page: PageDoc, { ids, content }: PageOutcome): Promise<boolean> {
  const known = new Map<string, string>();
  const records = store.records
    .find({ _id: { $in: ids.map((id) => `${page.source}:${id}`) } }, { projection: { hash: 1, run: 1, gone_at: 1 } })
    .batchSize(10_000);
  for (const { _id, hash, run, gone_at } of await records.toArray()) {
    // An earlier attempt at this run may have changed it: then that has to be counted.
    if (gone_at !== undefined || run === page.run) return false;
    known.set(_id.slice(page.source.length + 1), hash);
  }
  return known.size === ids.length && contentDigest(ids.map((id) => ({ id, hash: known.get(id)! }))) === content;
}
