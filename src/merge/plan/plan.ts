import { ObjectId } from 'mongodb';
import { keyHash, unpackKeys, type KeyHash } from '../../host/identity/packed-keys.js';
import { fenceLease, type Lease } from '../../store/collections/leases.js';
import { writeKeyStates } from '../../store/collections/key-states.js';
import type { Store } from '../../store/database.js';
import type { KnownState } from '../../store/documents/key-states.js';
import type { MergePartDoc } from '../../store/documents/merge-plans.js';
import type { PageDoc } from '../../store/documents/pages.js';
import { slices, slicesOfIds } from '../../store/slices.js';
import { inTransaction } from '../../store/transaction.js';
import { LEASE_TTL_MS } from '../leases.js';
import { KeyTable, type PopularKey } from './key-table.js';
import { TextList } from './text-list.js';

export interface PlanOptions {
  /** Number of records in one part. A part has more if its last component does not fit. */
  part: number;
  /** A component with more records is not planned: the usual merge measures it, and may resolve it by strong keys alone. */
  cap: number;
}

const OPTIONS: PlanOptions = { part: 300, cap: 1_000 };
/** Parts that are written at once. */
const AT_ONCE = 100;

const UNMERGED = { 'unmerged.plan': { $exists: true } };

type UnmergedPage = Pick<PageDoc, '_id' | 'source' | 'outcome' | 'unmerged'>;

/**
 * Plans the merge of the pages that were loaded into an empty inventory, so that their records can be merged in parts that do not
 * overlap. Continues with the plan of an earlier merge if there is one. Returns the number of parts that are left. The caller holds
 * the merge leases. Throws `LeaseLost`.
 */
export async function planMerge(
  store: Store,
  leases: readonly Lease[],
  options: PlanOptions = OPTIONS,
): Promise<number> {
  const known = await store.mergePlans.findOne({});
  const left = known?.state === 'ready' ? await partsLeft(store, known._id) : 0;
  if (left > 0) return left;
  if (known?.state === 'ready') await finishPlan(store, known._id);
  else if (known) await discardPlan(store, known._id);
  if (!(await anyUnmerged(store))) return 0;
  const plan = new ObjectId().toHexString();
  await store.mergePlans.insertOne({ _id: plan, state: 'planning', at: await store.clock.now() });
  await store.pages.updateMany(UNMERGED, { $set: { 'unmerged.plan': plan } });
  const popular = (await isEmpty(store)) ? await writeParts(store, plan, leases, options) : undefined;
  if (popular) {
    await begin(store, plan, popular, leases);
    return partsLeft(store, plan);
  }
  // The usual merge handles the records.
  for await (const page of pagesOf(store, plan)) await markRecords(store, idsOf(page));
  await fence(store, leases);
  await finishPlan(store, plan);
  return 0;
}

/** Whether pages of an empty inventory wait to be merged. */
export async function anyUnmerged(store: Store): Promise<boolean> {
  return (await store.pages.findOne(UNMERGED, { projection: { _id: 1 } })) !== null;
}

function partsLeft(store: Store, plan: string): Promise<number> {
  return store.mergeParts.countDocuments({ plan });
}

/** Marks records as changed, so that the usual merge takes them. */
export async function markRecords(store: Store, ids: readonly string[]): Promise<void> {
  for (const some of slicesOfIds(ids))
    await store.records.updateMany({ _id: { $in: [...some] } }, { $set: { dirty: true, unresolved: true } });
}

/** All records of the plan were merged or marked. Removes also parts of a planner that continued after it had lost its leases. */
async function finishPlan(store: Store, plan: string): Promise<void> {
  await store.pages.updateMany({ 'unmerged.plan': plan }, { $unset: { unmerged: true } });
  await store.mergeParts.deleteMany({});
  await store.mergePlans.deleteOne({ _id: plan });
}

/** An earlier process ended while it wrote the parts of this plan. */
async function discardPlan(store: Store, plan: string): Promise<void> {
  await store.mergeParts.deleteMany({ plan });
  await store.mergePlans.deleteOne({ _id: plan });
}

/** Parts contain whole components only if there are no hosts, key states and decisions that link their records to others. */
async function isEmpty(store: Store): Promise<boolean> {
  const any = await Promise.all([
    store.hosts.findOne({}, { projection: { _id: 1 } }),
    store.keyStates.findOne({}, { projection: { _id: 1 } }),
    store.decisions.findOne({}, { projection: { _id: 1 } }),
  ]);
  return any.every((found) => found === null);
}

function pagesOf(store: Store, plan: string): AsyncIterable<UnmergedPage> {
  return store.pages
    .find<UnmergedPage>(
      { 'unmerged.plan': plan },
      { projection: { source: 1, 'outcome.ids': 1, 'unmerged.keys': 1 }, sort: { _id: 1 } },
    )
    .batchSize(200);
}

const idsOf = ({ source, outcome }: UnmergedPage): string[] => outcome!.ids.map((id) => `${source}:${id}`);

/** Writes the parts. Returns the popular keys; `undefined` if the plan is impossible, because a page has changed. */
async function writeParts(
  store: Store,
  plan: string,
  leases: readonly Lease[],
  { part, cap }: PlanOptions,
): Promise<string[] | undefined> {
  const { records, bytes } = await sizeOf(store, plan);
  const table = new KeyTable(records, Math.max(0, bytes - records) / 8);
  const ids = new TextList(records);
  const popular: PopularKey[] = [];
  const keepLeases = renewing(store, leases);
  for (let pass = 0; pass < table.passes; pass += 1) {
    let from = 0;
    for await (const page of pagesOf(store, plan)) {
      await keepLeases();
      if (pass === 0) for (const id of idsOf(page)) ids.add(id);
      const packed = page.unmerged!.keys.buffer;
      const count = unpackKeys(packed, (at, high, low) => table.add(from + at, high, low));
      // The rows of an erased machine were taken out of the page.
      if (count !== page.outcome!.ids.length) return undefined;
      from += count;
    }
    if (from !== records) return undefined;
    popular.push(...table.endPass());
  }
  let parts: MergePartDoc[] = [];
  let seq = 0;
  const write = async () => {
    if (parts.length === 0) return;
    await keepLeases();
    await store.mergeParts.insertMany(parts);
    parts = [];
  };
  for (const { records: numbers, sizes } of table.groups(part)) {
    const named = numbers.map((at) => ids.at(at));
    if (sizes.some((size) => size > cap)) {
      await markRecords(store, named);
      continue;
    }
    parts.push({ _id: `${plan}/${seq}`, plan, seq, records: named, sizes });
    seq += 1;
    if (parts.length === AT_ONCE) await write();
  }
  await write();
  return keysOf(
    store,
    popular.map(({ record, ...key }) => ({ ...key, record: ids.at(record) })),
  );
}

/** The number of records of a plan, and of bytes of their packed keys. */
async function sizeOf(store: Store, plan: string): Promise<{ records: number; bytes: number }> {
  const [size] = await store.pages
    .aggregate<{ records: number; bytes: number }>([
      { $match: { 'unmerged.plan': plan } },
      {
        $group: {
          _id: null,
          records: { $sum: { $size: '$outcome.ids' } },
          bytes: { $sum: { $binarySize: '$unmerged.keys' } },
        },
      },
    ])
    .toArray();
  return size ?? { records: 0, bytes: 0 };
}

/** The popular keys as text, read from one record each; `undefined` if such a record has changed. */
async function keysOf(
  store: Store,
  popular: readonly { high: number; low: number; record: string }[],
): Promise<string[] | undefined> {
  const names = new Map<string, string>();
  for (const some of slices([...new Set(popular.map(({ record }) => record))], (id) => id)) {
    const found = store.records.find({ _id: { $in: [...some] } }, { projection: { keys: 1 } });
    for await (const { keys } of found) for (const key of keys) names.set(nameOf(keyHash(key)), key);
  }
  const keys = popular.map((hash) => names.get(nameOf(hash)));
  return keys.every((key) => key !== undefined) ? keys : undefined;
}

const nameOf = ({ high, low }: KeyHash): string => `${high}.${low}`;

/** Stores the states of the popular keys, which the parts read, and allows merging the parts. */
async function begin(store: Store, plan: string, popular: readonly string[], leases: readonly Lease[]): Promise<void> {
  const suppressed: KnownState = { state: 'suppressed', why: 'holders' };
  await inTransaction(store, async (session) => {
    for (const lease of leases) await fenceLease(store, lease, LEASE_TTL_MS, session);
    await writeKeyStates(store, session, new Map(popular.map((key) => [key, suppressed])));
    await store.mergePlans.updateOne({ _id: plan }, { $set: { state: 'ready' } }, { session });
  });
}

async function fence(store: Store, leases: readonly Lease[]): Promise<void> {
  for (const lease of leases) await fenceLease(store, lease, LEASE_TTL_MS);
}

/** Returns a function that renews the leases when a quarter of their time is over. */
function renewing(store: Store, leases: readonly Lease[]): () => Promise<void> {
  let at = 0;
  return async () => {
    if (Date.now() - at < LEASE_TTL_MS / 4) return;
    await fence(store, leases);
    at = Date.now();
  };
}
