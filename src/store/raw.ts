import type { KeyRing } from '../privacy/key-ring.js';
import { getBody, partId } from './collections/bodies.js';
import type { Store } from './database.js';
import type { PageDoc } from './documents/pages.js';
import type { QuarantineDoc } from './documents/quarantine.js';

/** The stored page that an entry of quarantine is of; `sealed`: its body needs the key ring. */
export interface RawPage {
  page: PageDoc;
  sealed: boolean;
}

/** `undefined` when the ledger does not hold the page any more. */
export async function findRawPage(store: Store, { page: id }: QuarantineDoc): Promise<RawPage | undefined> {
  const page = await store.pages.findOne({ _id: id }, { projection: { 'outcome.ids': 0, 'outcome.rejected_ids': 0 } });
  if (!page) return undefined;
  const first = await store.bodies.findOne({ _id: partId(page.digest, 0) }, { projection: { key: 1 } });
  return { page, sealed: first?.key !== undefined };
}

/** The bytes of the row (or the page) as received; `undefined` when the body is missing. Throws `Failure` without its key. */
export async function rawBytes(
  store: Store,
  page: PageDoc,
  { offset, length }: QuarantineDoc,
  keys: () => KeyRing,
): Promise<Buffer | undefined> {
  return (await getBody(store, page.digest, page.bytes, keys))?.subarray(offset, offset + length);
}
