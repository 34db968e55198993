import { createHash } from 'node:crypto';
import type { Store } from '../store/database.js';
import type { PageDoc, PageOutcome } from '../store/documents/pages.js';

/** Digest of a page's records; equal for the same records with the same content. */
export function contentDigest(records: readonly { id: string; hash: string }[]): string {
  const digest = createHash('sha256');
  for (const { id, hash } of records) digest.update(`${id}\n${hash}\n`);
  return digest.digest('base64url').slice(0, 22);
}

/** The outcome of another run's page with the same bytes and reading version, if all its rows were normalized. */
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
 * Whether all records still have the content that `outcome` lists, so that reading the page again would change nothing.
 * Times would not change either: stored times only move forward, and the times in the same bytes were stored before.
 */
export async function stillHolds(store: Store, page: PageDoc, { ids, content }: PageOutcome): Promise<boolean> {
  const known = new Map<string, string>();
  const records = store.records
    .find({ _id: { $in: ids.map((id) => `${page.source}:${id}`) } }, { projection: { hash: 1, run: 1, gone_at: 1 } })
    .batchSize(10_000);
  for (const { _id, hash, run, gone_at } of await records.toArray()) {
    // An earlier attempt of this run may have changed the record, and that change must be counted.
    if (gone_at !== undefined || run === page.run) return false;
    known.set(_id.slice(page.source.length + 1), hash);
  }
  return known.size === ids.length && contentDigest(ids.map((id) => ({ id, hash: known.get(id)! }))) === content;
}
