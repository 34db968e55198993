import type { AnySource } from '../../../model/source.js';
import type { Config } from '../../../config.js';
import { datasetOf } from '../../../normalize/datasets/index.js';
import { Failure } from '../../../model/failure.js';
import { openKeyRing } from '../../../privacy/key-ring.js';
import { loadSources } from '../../../sources/loading/registry.js';
import { storedRows } from '../../../sources/decode.js';
import { getBody } from '../../../store/collections/bodies.js';
import type { Store } from '../../../store/database.js';
import type { HostDoc } from '../../../store/documents/hosts.js';

/** A record's row as received, with its location; or why it cannot be shown. */
export interface RawRecord {
  record: string;
  page?: string;
  row?: number;
  fetched_at?: Date;
  bytes?: Buffer;
  missing?: string;
}

/**
 * Returns the raw rows from which the records of a host were read: the rows of all records, or only the row of the record
 * `only`. Throws `Failure` when the record does not belong to the host, and when its page is sealed with a key that the key
 * ring lacks.
 */
export async function rawOf(store: Store, config: Config, host: HostDoc, only?: string): Promise<RawRecord[]> {
  const own = host.sources.map(({ record }) => record);
  if (only !== undefined && !own.includes(only))
    throw new Failure('settings-invalid', `${only} is not of host ${host._id}`, {
      remedy: `Its records are ${own.join(', ')}`,
    });
  const sources = loadSources({ folders: config.sourceFolders });
  const ring = openKeyRing(config.keyRing);
  const found: RawRecord[] = [];
  for (const id of only === undefined ? own : [only]) {
    const record = await store.records.findOne({ _id: id }, { projection: { source: 1, page: 1, row: 1 } });
    if (!record) continue;
    const source = sources.names().includes(record.source) ? sources.get(record.source) : undefined;
    const location = { record: id, page: record.page, row: record.row };
    const page = await store.pages.findOne(
      { _id: record.page },
      { projection: { digest: 1, bytes: 1, media_type: 1, status: 1, fetched_at: 1 } },
    );
    if (!source) found.push({ ...location, missing: `Source ${record.source} is not here: its pages cannot be read` });
    else if (datasetOf(source).personal.length > 0) found.push({ ...location, missing: 'It may hold personal data' });
    else if (!page) found.push({ ...location, missing: 'Its page is not stored any more' });
    else {
      const body = await getBody(store, page.digest, page.bytes, () => ring.keys());
      const bytes = body && rowOf(source, { ...page, body }, record.row);
      found.push({
        ...location,
        fetched_at: page.fetched_at,
        ...(bytes ? { bytes } : { missing: 'Its page is not stored any more' }),
      });
    }
  }
  return found;
}

function rowOf(
  source: AnySource,
  page: { body: Buffer; media_type: string; status: number },
  row: number,
): Buffer | undefined {
  for (const { index, offset, length } of storedRows(source, page, page.body))
    if (index === row) return page.body.subarray(offset, offset + length);
  return undefined;
}
