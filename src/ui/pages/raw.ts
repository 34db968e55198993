import { getBody } from '../../store/collections/bodies.js';
import type { Store } from '../../store/database.js';
import type { QuarantineDoc } from '../../store/documents/quarantine.js';
import { findRawPage } from '../../store/raw.js';
import type { Raw } from './quarantine.js';

const MOST_SHOWN = 20_000;
/** Maximum size of a body, bytes: the whole body is read into memory to show one of its rows. */
const MOST_OPENED = 16 * 1024 * 1024;

/** Returns a row as received, unless its source has personal data, or is unknown here and therefore may have personal data. */
export async function rawOf(store: Store, row: QuarantineDoc, mayShow: (source: string) => boolean): Promise<Raw> {
  if (!mayShow(row.source)) return { hidden: 'It may hold personal data, which this page does not show.' };
  const found = await findRawPage(store, row);
  if (!found) return { hidden: 'The page that contained it is no longer stored.' };
  const { page, sealed } = found;
  if (sealed) return { hidden: 'It is sealed: it may hold personal data, which this page does not show.' };
  if (page.bytes > MOST_OPENED) return { hidden: 'Its page is too large to be opened here.' };
  const body = await getBody(store, page.digest, page.bytes);
  if (!body) return { hidden: 'The bytes of its page are not kept any more.' };
  const bytes = body.subarray(row.offset, row.offset + Math.min(row.length, MOST_SHOWN));
  return { text: bytes.toString('utf8'), bytes: bytes.length };
}
