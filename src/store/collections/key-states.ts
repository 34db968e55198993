import type { KeyStateDoc, KnownState } from '../documents/key-states.js';
import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import type { Store } from '../database.js';

export const knownState = ({ state, why }: KnownState): KnownState => (why === undefined ? { state } : { state, why });

export const sameState = (a: KnownState | undefined, b: KnownState | undefined): boolean =>
  a?.state === b?.state && a?.why === b?.why;

/** What is known of `keys`; those that are as good as any are not in it. */
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

/** Whether any key is other than good: mostly the first merges of all need not look. */
export async function anyKeyStates(store: Store, session: ClientSession): Promise<boolean> {
  return (await store.keyStates.findOne({}, { session, projection: { _id: 1 } })) !== null;
}

/** Remembers states that have changed; `undefined` is a key that is good again. */
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
