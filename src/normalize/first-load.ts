import { Binary, MongoServerError } from 'mongodb';
import { packKeys } from '../host/identity/packed-keys.js';
import { insertUnmarked, type NormalizedRecord, type Origin } from '../store/collections/records.js';
import type { Store } from '../store/database.js';
import type { PageDoc, PageOutcome } from '../store/documents/pages.js';
import { inTransaction } from '../store/transaction.js';
import { unstorableReason } from '../store/unstorable.js';

/** Limits of a page that one transaction stores. The records of larger pages are stored one by one. */
const MOST = { rows: 2_000, bytes: 32 * 1024 * 1024 };
const DUPLICATE_KEY = 11000;

/** Whether the inventory has no hosts, so that `putFirst` may store pages. */
export async function isEmptyInventory(store: Store): Promise<boolean> {
  return (await store.hosts.findOne({}, { projection: { _id: 1 } })) === null;
}

/**
 * Stores a page whose records are all new: in one transaction with the page's outcome, and marks the page instead of each record
 * as unmerged. So every record without a mark of its own is in a page that has an outcome. Returns the outcome. `undefined`:
 * nothing was written, because the page is too large or MongoDB rejects a record (it exists, or it cannot be stored).
 */
export async function putFirst(
  store: Store,
  page: PageDoc,
  origin: Origin,
  records: readonly NormalizedRecord[],
  outcome: PageOutcome,
): Promise<PageOutcome | undefined> {
  const keys = packKeys(records);
  if (!keys || records.length === 0 || page.rows > MOST.rows || page.bytes > MOST.bytes) return undefined;
  const unmerged = { plan: '', records: records.length, keys: new Binary(keys) };
  try {
    return await inTransaction(store, async (session) => {
      const { matchedCount } = await store.pages.updateOne(
        { _id: page._id, outcome: { $exists: false } },
        { $set: { outcome, unmerged } },
        { session },
      );
      if (matchedCount === 0) return await outcomeOf(store, page);
      await insertUnmarked(store, session, origin, records);
      return outcome;
    });
  } catch (error) {
    const rejected = (error as MongoServerError).code === DUPLICATE_KEY || unstorableReason(error) !== undefined;
    if (rejected) return undefined;
    throw error;
  }
}

/** The outcome that another attempt has stored; `undefined` if the page no longer exists. */
async function outcomeOf(store: Store, { _id }: PageDoc): Promise<PageOutcome | undefined> {
  return (await store.pages.findOne({ _id }))?.outcome;
}
