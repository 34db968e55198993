import { inTransaction } from '../transaction.js';
import type { DecisionDoc } from '../documents/decisions.js';
import { ObjectId, type ClientSession } from 'mongodb';
import type { Decision, Decisions } from '../../host/identity/resolution.js';
import type { Store } from '../database.js';

export type Deciding = Pick<DecisionDoc, 'kind' | 'by' | 'why'>;

/** Stores decisions about pairs of records, and marks the records for the merge, in one transaction. Returns the decisions. */
export async function decide(
  store: Store,
  pairs: readonly (readonly [string, string])[],
  { kind, by, why }: Deciding,
): Promise<DecisionDoc[]> {
  const ids = [...new Set(pairs.flat())];
  const now = await store.clock.now();
  return inTransaction(store, async (session) => {
    // The later of two decisions applies, so this decision gets a later time than all stored ones, even if a clock was ahead.
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
    await markUnresolved(store, session, docs);
    return docs;
  });
}

/** Undoes decisions. Returns the decisions that were not undone before. */
export async function undo(store: Store, ids: readonly ObjectId[], by: string): Promise<DecisionDoc[]> {
  const undone = { at: (await store.clock.now()).toISOString(), by };
  return inTransaction(store, async (session) => {
    const active = { _id: { $in: [...ids] }, undone: { $exists: false } };
    const docs = await store.decisions.find(active, { session }).toArray();
    await store.decisions.updateMany(active, { $set: { undone } }, { session });
    await markUnresolved(store, session, docs);
    return docs;
  });
}

async function markUnresolved(store: Store, session: ClientSession, docs: readonly DecisionDoc[]): Promise<void> {
  const ids = docs.flatMap(({ records }) => [...records]);
  await store.records.updateMany({ _id: { $in: ids } }, { $set: { dirty: true, unresolved: true } }, { session });
}

/** Active decisions about any of `records`. */
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
