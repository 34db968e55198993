import type { Config } from '../../../config.js';
import { datasetOf } from '../../../normalize/datasets/index.js';
import { Failure } from '../../../model/failure.js';
import { openKeyRing } from '../../../privacy/key-ring.js';
import { loadSources } from '../../../sources/loading/registry.js';
import { offlineInput } from '../../../sources/offline.js';
import { getBody } from '../../../store/collections/bodies.js';
import type { Store } from '../../../store/database.js';
import type { HostDoc } from '../../../store/documents/hosts.js';

/** A record's row as received, and where it stands; or why it cannot be shown. */
export interface RawRecord {
  record: string;
  page?: string;
  row?: number;
  fetched_at?: Date;
  bytes?: Buffer;
  missing?: string;
}

/**
 * The raw rows that the records of a host were read from: of all, or of the one that is named. Throws `Failure` when it is not of
 * this host, and when its page is sealed and the key ring does not open it.
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
    const known = sources.names().includes(record.source) ? sources.get(record.source) : undefined;
    const place = { record: id, page: record.page, row: record.row };
    const page = await store.pages.findOne(
      { _id: record.page },
      { projection: { digest: 1, bytes: 1, media_type: 1, status: 1, fetched_at: 1 } },
    );
    if (!known) found.push({ ...place, missing: `Source ${record.source} is not here: its pages cannot be read` });
    else if (datasetOf(known).personal.length > 0) found.push({ ...place, missing: 'It may hold personal data' });
    else if (!page) found.push({ ...place, missing: 'Its page is not stored any more' });
    else {
      const body = await getBody(store, page.digest, page.bytes, () => ring.keys());
      const bytes = body && rowOf(known, config, { ...page, body }, record.row);
      found.push({
        ...place,
        fetched_at: page.fetched_at,
        ...(bytes ? { bytes } : { missing: 'Its page is not stored any more' }),
      });
    }
  }
  return found;
}

function rowOf(
  source: Parameters<typeof offlineInput>[0],
  { environment }: Config,
  page: { body: Buffer; media_type: string; status: number },
  row: number,
): Buffer | undefined {
  const { body, media_type: mediaType, status } = page;
  for (const { index, offset, length } of offlineInput(source, environment).rows({ body, mediaType, status }))
    if (index === row) return body.subarray(offset, offset + length);
  return undefined;
}
