import { identityKeys } from '../../host/identity/keys.js';
import type { HostObservation } from '../../host/types.js';
import { RecordRejected } from '../../model/source.js';
import { unstorable } from '../../store/unstorable.js';
import { bsonSize } from '../../model/exact-bson.js';
import { putRecords, type NormalizedRecord } from '../../store/collections/records.js';
import { normalizedHost } from '../normalized-host.js';
import type { Dataset } from './dataset.js';

/** Hosts: joined by their identity keys into golden records. */
export const hosts: Dataset<'hosts', NormalizedRecord> = {
  name: 'hosts',
  personal: [],
  afterNormalizing: 'merge',
  toRecord(source, { id, observation }, { index: row, length }, { denyLists }) {
    checkTimes(id, observation);
    // Measuring BSON costs time, and a row is usually larger than its observation, so small rows are not measured.
    if (length > LARGE_ROW && bsonSize(observation) > MOST_BYTES)
      throw new RecordRejected('the normalized record is larger than 1 MB', id);
    const keys = identityKeys(source.vendor, id, observation, denyLists);
    const { name, vendor, mapping } = source;
    const record = normalizedHost({ id: `${name}:${id}`, vendor, observation, keys }, { row, mapping });
    // Checked here, because the record is stored as text, and MongoDB would reject only its host.
    const problem = SUSPECT.test(record.observation) ? unstorable(observation) : undefined;
    if (problem !== undefined) throw new RecordRejected(problem, id);
    return record;
  },
  put: putRecords,
};

/** Largest observation in bytes. A host contains the values of several records and must fit into one document. */
const MOST_BYTES = 1024 * 1024;
const LARGE_ROW = 256 * 1024;

/** NUL in a field name, and objects that look like BSON types, are not storable. Both are rare, so the text is searched first. */
const SUSPECT = /\\u0000|"_bsontype"/;

const TIMES = ['created_time', 'first_seen_time', 'last_seen_time', 'modified_time', 'boot_time'] as const;

/** Rejects invalid `Date`s, which MongoDB would store as 1970. */
function checkTimes(id: string, { device }: HostObservation): void {
  for (const field of TIMES) {
    const time = device[field];
    if (time !== undefined && Number.isNaN(time.getTime())) throw new RecordRejected(`${field} is not a time`, id);
  }
}
