import type { DecisionDoc } from '../documents/decisions.js';
import { ObjectId, type ClientSession } from 'mongodb';
import type { Decision, Decisions } from '../../host/identity/resolution.js';
import type { Store } from '../database.js';

export type Deciding = Pick<DecisionDoc, 'kind' | 'by' | 'why'>;

/** Stores decisions about pairs of records and hands the records to the merge, all or nothing. Returns the decisions. */
export async function decide(
  store: Store,
  pairs: readonly (readonly [string, string])[],
  { kind, by, why }: Deciding,
): Promise<DecisionDoc[]> {
  const ids = [...new Set(pairs.flat())];
  const now = await store.clock.now();
  return store.client.withSession((session) =>
    session.withTransaction(async () => {
      // Of two decisions the later one holds: this one is later than all before, whatever clock they were made by.
      const before = store.decisions
        .find({ records: { $in: ids } }, { session })
        .sort({ at: -1 })
        .limit(1);
      const last = (await before.toArray())[0];
      const at = new Date(Math.max(now.getTime(), last ? Date.parse(last.at) + 1 : 0)).toISOString();
      const docs = pairs.map(([a, b]): DecisionDoc => {
        const records: [string, string] = a < b ? [a, b] : [b, a];
        return { _id: new ObjectId(), kind, records, at, by, why };
      });
      await store.decisions.insertMany(docs, { session });
      await resettle(store, session, docs);
      return docs;
    }),
  );
}

/** Takes decisions back. Returns those that stood. */
export async function undo(store: Store, ids: readonly ObjectId[], by: string): Promise<DecisionDoc[]> {
  const undone = { at: (await store.clock.now()).toISOString(), by };
  return store.client.withSession((session) =>
    session.withTransaction(async () => {
      const standing = { _id: { $in: [...ids] }, undone: { $exists: false } };
      const docs = await store.decisions.find(standing, { session }).toArray();
      await store.decisions.updateMany(standing, { $set: { undone } }, { session });
      await resettle(store, session, docs);
      return docs;
    }),
  );
}

async function resettle(store: Store, session: ClientSession, docs: readonly DecisionDoc[]): Promise<void> {
  const ids = docs.flatMap(({ records }) => [...records]);
  await store.records.updateMany({ _id: { $in: ids } }, { $set: { dirty: true, unresolved: true } }, { session });
}

/** Decisions that stand and concern one of `records`. */
export async function decisionsAbout(
  store: Store,
  session: ClientSession | undefined,
  records: readonly string[],
): Promise<Decisions> {
  const about = { records: { $in: [...records] }, undone: { $exists: false } };
  return store.decisions
    .find<Decision>(about, {
      ...(session ? { session } : {}),
      projection: { _id: 0, kind: 1, records: 1, at: 1 },
    })
    .toArray();
}
