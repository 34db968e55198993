import { putAudit } from '../store/collections/audit.js';
import type { Store } from '../store/database.js';
import { forgetUnkept } from '../store/unkept.js';
import { filterOf, type Quarantined } from './groups.js';

/** So many ids are in one audit entry. */
const BATCH = 1_000;

/**
 * Removes entries for good and keeps the raw; each batch only when an audit entry that names its ids is durable. Returns how many.
 * A record that is listed again and still not understood comes back.
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
  if (which.ids === undefined && which.reason === undefined) await forgetUnkept(store, which.source);
  return dropped;
}
