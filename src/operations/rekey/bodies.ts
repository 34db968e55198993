import { Binary, type ClientSession } from 'mongodb';
import type { KeyRing } from '../../privacy/key-ring.js';
import { seal, unseal } from '../../privacy/seal.js';
import { joined, partId, partsOf, type Within } from '../../store/collections/bodies.js';
import { inTransaction } from '../../store/transaction.js';
import type { BodyDoc } from '../../store/documents/bodies.js';
import type { Store } from '../../store/database.js';
import type { RawLease } from '../../store/raw-lease.js';

export interface ResealOptions {
  /** Called after each body with the number of resealed ones so far. */
  onBatch?: (done: number) => void;
  /** Keeps a backup from reading a page that is being resealed. */
  lease?: RawLease;
}

/** Small, because the server closes a cursor that is not read for ten minutes. */
const BATCH = 100;
/** Maximum number of pages that an error names. */
const NAMED = 10;
/** Suffix of the id of a first part. */
const FIRST = partId('', 0);

/** Filter of bodies that are sealed with another key than the current one. Uses the index. */
export const sealedWithOlder = (keys: KeyRing) => ({ key: { $exists: true, $ne: keys.current } });

/** Ids of the keys that bodies are sealed with. */
export function sealKeys(store: Store): Promise<string[]> {
  // The filter is needed for the partial index; without it MongoDB would read all bodies.
  return store.bodies.distinct('key', { key: { $exists: true } }) as Promise<string[]>;
}

/**
 * Reseals all bodies that are not sealed with the current key. Can be interrupted, repeated, and run twice at the same time: a
 * body is replaced only if it still has the key that was read. Readers see either the old or the new body, and must have the
 * current key in their ring before this call. Workers may write meanwhile; the next call reseals bodies that they seal with an
 * older key after the last check. Returns the number of resealed bodies. Throws `Failure` when the ring lacks a key, and at the
 * end an error that names the bodies that cannot be opened.
 */
export async function resealBodies(
  store: Store,
  keys: KeyRing,
  { onBatch, lease }: ResealOptions = {},
): Promise<number> {
  const unopened: string[] = [];
  let done = 0;
  for (const key of await sealKeys(store)) {
    if (key === keys.current) continue;
    keys.subkey(key, 'seal', 32); // throws a `Failure` with a remedy when the ring lacks the key
    const found = store.bodies.find({ key }, { projection: { parts: 1 } }).batchSize(BATCH);
    for await (const { _id, parts } of found) {
      const digest = _id.slice(0, -FIRST.length);
      const again = (within: Within) => reseal(store, keys, key, digest, within);
      const atOnce = async (session: ClientSession) => {
        await lease?.fence(session);
        return again({ session });
      };
      const outcome = await (parts === 1 ? again({}) : inTransaction(store, atOnce));
      if (outcome === 'sealed') done += 1;
      if (outcome === 'unopened') unopened.push(digest);
      onBatch?.(done);
    }
  }
  if (unopened.length > 0) {
    const rest = unopened.length > NAMED ? ` and ${unopened.length - NAMED} more` : '';
    throw new Error(
      `Sealed pages that cannot be opened were not changed: ${unopened.slice(0, NAMED).join(', ')}${rest}`,
    );
  }
  return done;
}

/**
 * Reseals one body. The compressed bytes stay the same, and a seal always adds the same length, so each part keeps its length.
 */
async function reseal(
  store: Store,
  keys: KeyRing,
  key: string,
  digest: string,
  within: Within,
): Promise<'sealed' | 'unopened' | 'not needed'> {
  const stored = await partsOf(store, digest, within);
  if (stored[0]?.key !== key) return 'not needed'; // another process resealed it first
  const packed = opened(keys, key, stored, digest);
  if (!packed) return 'unopened';
  const sealed = seal(keys, packed, digest);
  let from = 0;
  for (const { _id, bytes, parts } of stored) {
    const part = new Binary(sealed.bytes.subarray(from, (from += bytes.length())));
    const first = parts !== undefined;
    const doc = { bytes: part, ...(first && { parts, key: sealed.key }) };
    const { matchedCount } = await store.bodies.replaceOne(first ? { _id, key } : { _id }, doc, within);
    if (matchedCount === 0) return 'not needed';
  }
  return 'sealed';
}

/** The opened body; `undefined` when it cannot be opened. */
function opened(keys: KeyRing, key: string, stored: readonly BodyDoc[], digest: string): Buffer | undefined {
  try {
    return unseal(keys, { key, bytes: joined(stored) }, digest);
  } catch {
    return undefined;
  }
}
