import type { ClientSession } from 'mongodb';
import { goldenHost } from '../../host/golden/survive.js';
import { resolveClosed } from '../../host/identity/resolve.js';
import type { KeyVerdict } from '../../host/identity/resolution.js';
import { writeKeyStates } from '../../store/collections/key-states.js';
import type { Store } from '../../store/database.js';
import type { MergePartDoc } from '../../store/documents/merge-plans.js';
import { inTransaction } from '../../store/transaction.js';
import { NOTHING_MERGED, type Merged } from '../merged.js';
import { findRecords, toHostRecord, type MergeRecord } from '../records.js';
import { writeHosts } from '../write-hosts.js';

/**
 * Merges one part of a plan in one transaction, unless another process has merged it. Leaves components with a record that has
 * changed since the plan was made to the usual merge. `popular`: the keys that link nothing, with their state.
 */
export function mergePart(
  store: Store,
  part: MergePartDoc,
  popular: ReadonlyMap<string, KeyVerdict>,
  run: string,
): Promise<Merged> {
  return inTransaction(store, async (session) => {
    if (!(await take(store, session, part))) return NOTHING_MERGED;
    const found = await findRecords(store, session, part.records);
    const { settled, left } = divide(part, new Map(found.map((record) => [record._id, record])));
    await mark(store, session, left);
    if (settled.length === 0) return NOTHING_MERGED;
    const records = settled.map(toHostRecord);
    const { clusters, verdicts } = resolveClosed(records, popular);
    const members = new Map(records.map((record) => [record.id, record]));
    const golden = clusters.map((cluster) =>
      goldenHost(
        cluster.members.map((id) => members.get(id)!),
        cluster.reasons,
        cluster,
      ),
    );
    const hosts = await writeHosts(store, session, { before: new Map(), golden, refreshed: [] }, run);
    await writeKeyStates(store, session, verdicts);
    return { records: settled.length, resolved: settled.length, ...hosts };
  });
}

/** Leaves all records of a part to the usual merge, which finds the record that cannot be merged and sets it aside. */
export async function leavePart(store: Store, part: MergePartDoc): Promise<void> {
  await inTransaction(store, async (session) => {
    if (await take(store, session, part)) await mark(store, session, part.records);
  });
}

/** A concurrent transaction that takes the same part gets a write conflict. */
async function take(store: Store, session: ClientSession, { _id }: MergePartDoc): Promise<boolean> {
  return (await store.mergeParts.deleteOne({ _id }, { session })).deletedCount === 1;
}

async function mark(store: Store, session: ClientSession, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await store.records.updateMany({ _id: { $in: [...ids] } }, { $set: { dirty: true, unresolved: true } }, { session });
}

/** The records of the components that have not changed since the plan was made, and the ids of all others. */
function divide(
  { records, sizes }: MergePartDoc,
  found: ReadonlyMap<string, MergeRecord>,
): { settled: MergeRecord[]; left: string[] } {
  const settled: MergeRecord[] = [];
  const left: string[] = [];
  let from = 0;
  for (const size of sizes) {
    const ids = records.slice(from, (from += size));
    const component = ids.flatMap((id) => found.get(id) ?? []);
    const isSettled = component.length === size && component.every(({ dirty, set_aside: aside }) => !dirty && !aside);
    if (isSettled) settled.push(...component);
    else left.push(...ids);
  }
  return { settled, left };
}
