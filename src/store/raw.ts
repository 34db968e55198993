import type { KeyRing } from '../privacy/key-ring.js';
import { getBody, partId } from './collections/bodies.js';
import type { Store } from './database.js';
import type { PageDoc } from './documents/pages.js';
import type { QuarantineDoc } from './documents/quarantine.js';

/** The stored page of a quarantine entry. `sealed`: its body is encrypted, so reading it needs the key ring. */
export interface RawPage {
  page: PageDoc;
  sealed: boolean;
}

/** `undefined` when the page was removed from the ledger. */
export async function findRawPage(store: Store, { page: id }: QuarantineDoc): Promise<RawPage | undefined> {
  const page = await store.pages.findOne({ _id: id }, { projection: { 'outcome.ids': 0, 'outcome.rejected_ids': 0 } });
  if (!page) return undefined;
  const first = await store.bodies.findOne({ _id: partId(page.digest, 0) }, { projection: { key: 1 } });
  return { page, sealed: first?.key !== undefined };
}

/** The bytes of the row (or page) as received; `undefined` when the body is missing. Throws `Failure` if its key is missing. */
export async function rawBytes(
  store: Store,
  page: PageDoc,
  { offset, length }: QuarantineDoc,
  keys: () => KeyRing,
): Promise<Buffer | undefined> {
  return (await getBody(store, page.digest, page.bytes, keys))?.subarray(offset, offset + length);
}
