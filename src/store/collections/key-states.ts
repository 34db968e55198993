import type { KeyStateDoc, KnownState } from '../documents/key-states.js';
import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import type { Store } from '../database.js';

export const sameState = (a: KnownState | undefined, b: KnownState | undefined): boolean =>
  a?.state === b?.state && a?.why === b?.why;

/** Stored states of `keys`. Keys that count in full have no stored state. */
export async function readKeyStates(
  store: Store,
  session: ClientSession,
  keys: readonly string[],
): Promise<Map<string, KnownState>> {
  const known = new Map<string, KnownState>();
  if (keys.length === 0) return known;
  const found = store.keyStates.find({ _id: { $in: [...keys] } }, { session }).batchSize(10_000);
  for (const { _id, ...state } of await found.toArray()) known.set(_id, state);
  return known;
}

/** Whether any key has a state. In the first merges usually no key has one, so the caller can skip look-ups. */
export async function anyKeyStates(store: Store, session: ClientSession): Promise<boolean> {
  return (await store.keyStates.findOne({}, { session, projection: { _id: 1 } })) !== null;
}

/** Stores changed states; `undefined` removes the state of a key that counts in full again. */
export async function writeKeyStates(
  store: Store,
  session: ClientSession,
  changed: ReadonlyMap<string, KnownState | undefined>,
): Promise<void> {
  if (changed.size === 0) return;
  const operations = [...changed].map(([_id, state]): AnyBulkWriteOperation<KeyStateDoc> =>
    state === undefined
      ? { deleteOne: { filter: { _id } } }
      : { replaceOne: { filter: { _id }, replacement: state, upsert: true } },
  );
  await store.keyStates.bulkWrite(operations, { session, ordered: false });
}
