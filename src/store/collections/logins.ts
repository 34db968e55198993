import type { MongoBulkWriteError } from 'mongodb';
import type { Store } from '../database.js';
import type { LoginDoc, MaskedLogin } from '../documents/logins.js';
import type { Origin, Outcome } from './records.js';

const DUPLICATE_KEY = 11000;

/**
 * Stores one page's logins, each message at most once; stored ones are not changed. Can be repeated: logins that an earlier
 * attempt at this page wrote count as new again.
 */
export async function putLogins(
  store: Store,
  origin: Origin,
  logins: readonly (MaskedLogin & { row: number })[],
): Promise<Outcome> {
  if (logins.length === 0) return { new: 0, changed: 0, unchanged: 0 };
  const docs = logins.map((login) => docOf(origin, login));
  const known = await insertAll(store, docs);
  let unchanged = 0;
  if (known.length > 0) {
    const stored = await store.logins
      .find({ _id: { $in: known.map(({ _id }) => _id) } }, { projection: { page: 1, row: 1, run: 1 } })
      .batchSize(10_000)
      .toArray();
    const byId = new Map(stored.map((login) => [login._id, login]));
    for (const { _id, row } of known) {
      const other = byId.get(_id);
      // Reads return only what a majority has stored. The caller may delete the message from its queue afterwards, so the login
      // must be durable.
      if (!other) throw new Error(`Login ${_id} exists, but not on a majority yet`);
      if (other.page !== origin.page || other.run !== origin.run || other.row !== row) unchanged += 1;
    }
  }
  return { new: logins.length - unchanged, changed: 0, unchanged };
}

/** Inserts the logins that are not stored yet, and returns the others. */
async function insertAll(store: Store, docs: LoginDoc[]): Promise<LoginDoc[]> {
  try {
    await store.logins.insertMany(docs, { ordered: false });
    return [];
  } catch (error) {
    const { writeErrors, result } = error as Partial<MongoBulkWriteError>;
    const failures = writeErrors === undefined ? [] : Array.isArray(writeErrors) ? writeErrors : [writeErrors];
    // A write concern error can come together with duplicates: then the writes are not acknowledged by a majority.
    if (failures.length === 0 || result?.getWriteConcernError() !== undefined) throw error;
    if (failures.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
    return failures.map(({ index }) => docs[index]!);
  }
}

function docOf(origin: Origin, login: MaskedLogin & { row: number }): LoginDoc {
  return {
    _id: login._id,
    source: login.source,
    user_id: login.user_id,
    device_type: login.device_type,
    masked_ip: login.masked_ip,
    masked_ip_network: login.masked_ip_network,
    ip_class: login.ip_class,
    masked_device_id: login.masked_device_id,
    locale: login.locale,
    app_version: login.app_version,
    ...(login.app_version_number === undefined ? {} : { app_version_number: login.app_version_number }),
    create_date: login.create_date,
    fingerprint: login.fingerprint,
    key: login.key,
    page: origin.page,
    row: login.row,
    run: origin.run,
    observed_at: origin.observedAt,
  };
}
