import { MongoError, MongoServerError } from 'mongodb';
import { codeLocation } from '../model/failure.js';
import type { SetAside } from '../store/documents/records.js';
import type { Store } from '../store/database.js';
import { unstorableReason } from '../store/unstorable.js';

/** A record that was set aside, as shown to users. */
export type AsideRecord = SetAside & { record: string };

/**
 * Codes of MongoDB errors about a whole transaction that a retry would repeat. `unstorableReason` detects the errors about
 * a single document.
 */
const PERMANENT_ERRORS = new Set([
  66, // ImmutableField
  257, // TransactionTooLarge
  11000, // DuplicateKey
]);

/** Whether an error is a defect in code or data. Otherwise MongoDB is unavailable or busy, and a retry may succeed. */
export function isDefect(error: unknown): boolean {
  if (!(error instanceof MongoError) || unstorableReason(error) !== undefined) return true;
  return error instanceof MongoServerError && PERMANENT_ERRORS.has(Number(error.code));
}

/**
 * Excludes a record from merging until its content changes or a user retries it (`merge --retry`). Does nothing if the
 * record's content is no longer the content of `hash`.
 */
export async function setAside(store: Store, id: string, hash: string, run: string, error: unknown): Promise<boolean> {
  const code = (error as { code?: unknown }).code;
  const name = `${(error as Error)?.name ?? 'Error'}${typeof code === 'number' ? ` (${code})` : ''}`;
  const text = `${name} ${codeLocation(error)}`.trim();
  const { matchedCount } = await store.records.updateOne({ _id: id, hash, dirty: true }, [
    { $set: { set_aside: { at: '$$NOW', run: { $literal: run }, error: { $literal: text } } } },
    { $unset: 'dirty' },
  ]);
  return matchedCount > 0;
}

const ASIDE = { 'set_aside.at': { $exists: true } };

/** Records that are set aside, the oldest first. */
export async function recordsAside(store: Store, limit: number): Promise<AsideRecord[]> {
  const found = await store.records
    .find(ASIDE, { projection: { set_aside: 1 }, sort: { 'set_aside.at': 1 }, limit })
    .toArray();
  return found.map(({ _id, set_aside }) => ({ record: _id, ...set_aside! }));
}

/** How many records are set aside. */
export function countAside(store: Store): Promise<number> {
  return store.records.countDocuments(ASIDE);
}

/** Marks all records that are set aside as changed, so that the next merge tries them again. Returns how many. */
export async function retryAside(store: Store): Promise<number> {
  const { modifiedCount } = await store.records.updateMany(
    { ...ASIDE, dirty: { $exists: false } },
    { $set: { dirty: true } },
  );
  return modifiedCount;
}

/** Maximum number of records that `setAsideWarning` names. */
const NAMED = 5;

/** Message for users: the records that a merge has set aside, and the remedy. */
export function setAsideWarning(records: readonly string[]): string {
  const rest = records.length > NAMED ? ` and ${records.length - NAMED} more` : '';
  const named = `${[...records].sort().slice(0, NAMED).join(', ')}${rest}`;
  const what =
    records.length === 1
      ? '1 record could not be merged and was'
      : `${records.length} records could not be merged and were`;
  return `${what} set aside: ${named}. ${ASIDE_REMEDY}`;
}

export const ASIDE_REMEDY =
  '`npm run rollcall -- merge --set-aside` shows why; `npm run rollcall -- merge --retry` tries again';
