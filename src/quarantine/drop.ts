import { putAudit } from '../store/collections/audit.js';
import type { Store } from '../store/database.js';
import { resetOverflow } from '../store/quarantine-overflow.js';
import { filterOf, type Quarantined } from './groups.js';

/** Maximum number of ids in one audit entry. */
const BATCH = 1_000;

/**
 * Removes entries permanently and keeps the raw pages. Writes a durable audit entry with the ids before it removes a batch.
 * Returns the number of removed entries. A record that is listed again and still cannot be read is added again.
 */
export async function dropQuarantined(
  store: Store,
  which: Quarantined,
  { by, why }: { by: string; why: string },
): Promise<number> {
  let dropped = 0;
  let ids: string[] = [];
  const drop = async () => {
    if (ids.length === 0) return;
    await putAudit(store, { by, action: 'drop', why, count: ids.length, collection: 'quarantine', of: ids });
    const { deletedCount } = await store.quarantine.deleteMany({ _id: { $in: ids } });
    dropped += deletedCount;
    ids = [];
  };
  for await (const { _id } of store.quarantine.find(filterOf(which), { projection: { _id: 1 } })) {
    ids.push(_id);
    if (ids.length === BATCH) await drop();
  }
  await drop();
  if (which.ids === undefined && which.reason === undefined) await resetOverflow(store, which.source);
  return dropped;
}
