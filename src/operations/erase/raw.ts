import { createHash } from 'node:crypto';
import type { Filter } from 'mongodb';
import type { KeyRing } from '../../privacy/key-ring.js';
import { getBody, partId, partsOf, putBody } from '../../store/collections/bodies.js';
import { inTransaction } from '../../store/transaction.js';
import type { Store } from '../../store/database.js';
import type { Subject } from './subject.js';
import { putIds, wholeOutcome } from '../../store/collections/page-ids.js';
import type { PageDoc, PageOutcome } from '../../store/documents/pages.js';
import type { RawLease } from '../../store/raw-lease.js';

/** A row of the subject. */
export interface ErasedRow {
  index: number;
  offset: number;
  length: number;
  /** Its native id, if the row was normalized. */
  id?: string;
}

/** Functions that find and redact rows. The caller passes them, because this file does not decode pages. */
export interface Redacting {
  /** The subject's rows of a page. */
  rowsOf: (source: string, page: PageDoc, body: Buffer) => ErasedRow[];
  /** A redaction marker with the length of `row`. */
  blank: (row: Buffer) => Buffer;
  keys: () => KeyRing;
}

export interface ErasedRaw {
  rows: number;
  pages: number;
  bodies: number;
}

/**
 * Redacts the subject's rows in stored pages. A body is addressed by the digest of its content, so a changed page gets a new body
 * and digest, and the old body is removed. Rows keep their positions. Can be repeated.
 */
export async function eraseRaw(
  store: Store,
  subject: Subject,
  redacting: Redacting,
  dryRun: boolean,
  lease?: RawLease,
): Promise<ErasedRaw> {
  const erased: ErasedRaw = { rows: 0, pages: 0, bodies: 0 };
  for (const [source, natives] of subject.natives) {
    let last = '';
    const pages = store.pages.find(await suspected(store, source, natives, subject)).sort({ digest: 1 });
    for await (const page of pages) {
      if (page.digest === last) continue;
      last = page.digest;
      const sealed = (await partsOf(store, page.digest, { projection: { key: 1 } }))[0]?.key !== undefined;
      const body = await getBody(store, page.digest, page.bytes, redacting.keys);
      if (!body) continue;
      const rows = redacting.rowsOf(source, page, body);
      if (rows.length === 0) continue;
      erased.rows += rows.length;
      erased.bodies += 1;
      if (dryRun) erased.pages += await store.pages.countDocuments({ source, digest: page.digest });
      else
        erased.pages += await replace(
          store,
          page,
          redacted(body, rows, redacting),
          rows,
          natives,
          sealed,
          redacting,
          lease,
        );
    }
  }
  return erased;
}

/**
 * Filter of pages that may have rows of the subject. The ledger has the ids of normalized rows only, so the filter includes
 * pages that may have other rows.
 */
async function suspected(
  store: Store,
  source: string,
  natives: ReadonlySet<string>,
  { ids, user }: Subject,
): Promise<Filter<PageDoc>> {
  const named = [...natives];
  const holding = [
    ...(await store.records.distinct('page', { _id: { $in: ids } })),
    ...(user === undefined ? [] : await store.logins.distinct('page', { user_id: user })),
  ];
  return {
    source,
    rows: { $gt: 0 },
    $or: [
      { 'outcome.ids': { $in: named } },
      { 'outcome.rejected_ids': { $in: named } },
      { outcome: { $exists: false } },
      { 'outcome.split': true },
      { 'outcome.quarantined': { $gt: 0 } },
      { _id: { $in: holding } },
    ],
  };
}

function redacted(body: Buffer, rows: readonly ErasedRow[], { blank }: Redacting): Buffer {
  const changed = Buffer.from(body);
  for (const { offset, length } of rows) changed.set(blank(body.subarray(offset, offset + length)), offset);
  return changed;
}

/** Replaces the old body with the new one in all pages that have it. Returns the number of these pages. */
async function replace(
  store: Store,
  { digest: old, source }: PageDoc,
  body: Buffer,
  rows: readonly ErasedRow[],
  natives: ReadonlySet<string>,
  sealed: boolean,
  { keys }: Redacting,
  lease: RawLease | undefined,
): Promise<number> {
  const digest = createHash('sha256').update(body).digest('hex');
  await putBody(store, digest, body, sealed ? keys() : undefined);
  const names = (await store.pages.distinct('source')) as string[];
  const having = { source: { $in: [...new Set([...names, source])] }, digest: old };
  let count = 0;
  // Twice, because a worker that found the old body before its removal may add another page with it.
  for (let round = 0; round < 2; round += 1) {
    for await (const page of store.pages.find(having)) {
      const outcome = page.outcome && (await outcomeWithout(store, page._id, page.outcome, rows, natives));
      await store.pages.updateOne(
        { _id: page._id },
        { $set: { digest, erased: rows.length, ...(outcome && { outcome }) } },
      );
      const at = rows.map(({ index }) => index);
      await store.quarantine.deleteMany({ source: page.source, page: page._id, row: { $in: at } });
      count += 1;
    }
    if (round === 0) await removeBody(store, old, lease);
  }
  return count;
}

async function outcomeWithout(
  store: Store,
  page: string,
  outcome: PageOutcome,
  rows: readonly ErasedRow[],
  natives: ReadonlySet<string>,
): Promise<PageOutcome> {
  const reduced = without(await wholeOutcome(store, page, outcome), rows, natives);
  const { split: _before, ...counts } = reduced;
  return { ...counts, ...(await putIds(store, page, reduced)) };
}

/** The outcome without these rows. */
function without(outcome: PageOutcome, rows: readonly ErasedRow[], natives: ReadonlySet<string>): PageOutcome {
  const own = new Set([...natives, ...rows.flatMap(({ id }) => id ?? [])]);
  const ids = outcome.ids.filter((id) => !own.has(id));
  const counts = { unchanged: outcome.unchanged, changed: outcome.changed, new: outcome.new };
  let removed = outcome.ids.length - ids.length;
  for (const count of ['unchanged', 'changed', 'new'] as const) {
    const taken = Math.min(counts[count], removed);
    counts[count] -= taken;
    removed -= taken;
  }
  const rejected = rows.filter(({ id }) => id === undefined).length;
  return {
    ...outcome,
    ...counts,
    ids,
    rejected_ids: outcome.rejected_ids.filter((id) => !own.has(id)),
    quarantined: Math.max(0, outcome.quarantined - rejected),
    // Removes the reading version, because the vendor did not send these bytes: otherwise the worker could skip another page as
    // equal to this one.
    reader: '',
  };
}

function removeBody(store: Store, digest: string, lease: RawLease | undefined): Promise<void> {
  return inTransaction(store, async (session) => {
    await lease?.fence(session);
    await store.bodies.deleteMany({ _id: { $gte: partId(digest, 0), $lt: `${digest};` } }, { session });
  });
}
