import { Binary, type ClientSession } from 'mongodb';
import type { KeyRing } from '../../privacy/key-ring.js';
import { seal, unseal } from '../../privacy/seal.js';
import { inTransaction, joined, partId, partsOf, type Within } from '../../store/collections/bodies.js';
import type { BodyDoc } from '../../store/documents/bodies.js';
import type { Store } from '../../store/database.js';
import type { RawClaim } from '../../store/raw-claim.js';

export interface ResealOptions {
  /** Told after each page how many have been sealed again so far. */
  onBatch?: (done: number) => void;
  /** What keeps a backup from reading a page that is half sealed anew. */
  claim?: RawClaim;
}

/** Ids at a time: the server forgets a cursor that nobody asks for ten minutes. */
const BATCH = 100;
/** How many pages that cannot be opened are named. */
const NAMED = 10;
/** What ends an id before the number of the part. */
const FIRST = partId('', 0);

/** Finds the pages that are sealed with another key than the current one; their index serves it. */
export const sealedWithOlder = (keys: KeyRing) => ({ key: { $exists: true, $ne: keys.current } });

/** Ids of the keys that pages are sealed with. */
export function sealKeys(store: Store): Promise<string[]> {
  // Without a filter it would read all pages: the index leaves out those without a key.
  return store.bodies.distinct('key', { key: { $exists: true } }) as Promise<string[]>;
}

/**
 * Seals every page again that is not sealed with the current key. Can be cut short and repeated, and run twice at once: a
 * page is replaced only if it still has the key that was read. Readers see the old whole or the new one. They need the
 * current key: it is to be in their ring before. Workers may write all the while; what they write with an older key after
 * the last look is left to the next call. Returns how many pages it sealed. Throws `Failure` when the ring lacks a key that
 * pages have, and, at its end, an error that names pages that do not open.
 */
export async function resealBodies(
  store: Store,
  keys: KeyRing,
  { onBatch, claim }: ResealOptions = {},
): Promise<number> {
  const stuck: string[] = [];
  let done = 0;
  for (const key of await sealKeys(store)) {
    if (key === keys.current) continue;
    keys.subkey(key, 'seal', 32); // throws, and says what to do, when the ring does not hold it
    const found = store.bodies.find({ key }, { projection: { parts: 1 } }).batchSize(BATCH);
    for await (const { _id, parts } of found) {
      const digest = _id.slice(0, -FIRST.length);
      const again = (within: Within) => reseal(store, keys, key, digest, within);
      const atOnce = async (session: ClientSession) => {
        await claim?.fence(session);
        return again({ session });
      };
      const outcome = await (parts === 1 ? again({}) : inTransaction(store, atOnce));
      if (outcome === 'sealed') done += 1;
      if (outcome === 'stuck') stuck.push(digest);
      onBatch?.(done);
    }
  }
  if (stuck.length > 0) {
    const rest = stuck.length > NAMED ? ` and ${stuck.length - NAMED} more` : '';
    throw new Error(`Sealed pages that do not open were left as they are: ${stuck.slice(0, NAMED).join(', ')}${rest}`);
  }
  return done;
}

/** What was compressed stays as it is, and a seal adds the same length always: each part is replaced by one as long. */
async function reseal(
  store: Store,
  keys: KeyRing,
  key: string,
  digest: string,
  within: Within,
): Promise<'sealed' | 'stuck' | 'not needed'> {
  const stored = await partsOf(store, digest, within);
  if (stored[0]?.key !== key) return 'not needed'; // somebody else was first
  const packed = opened(keys, key, stored, digest);
  if (!packed) return 'stuck';
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

/** `undefined` when they do not open. */
function opened(keys: KeyRing, key: string, stored: readonly BodyDoc[], digest: string): Buffer | undefined {
  try {
    return unseal(keys, { key, bytes: joined(stored) }, digest);
  } catch {
    return undefined;
  }
}
