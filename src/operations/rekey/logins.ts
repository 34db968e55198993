import type { AnyBulkWriteOperation } from 'mongodb';
import type { KeyRing } from '../../privacy/key-ring.js';
import { unmask, UnmaskError } from '../../privacy/mask.js';
import type { Store } from '../../store/database.js';
import type { LoginDoc } from '../../store/documents/logins.js';
import { fingerprintOf, masksOf } from '../../normalize/mask-login.js';

export interface RotateOptions {
  /** Logins in a batch. Each takes about 0.2 ms of CPU time, which blocks the event loop. */
  batch?: number;
  /** Called after each batch with the number of re-masked logins so far. */
  onBatch?: (done: number) => void;
}

/** Maximum number of logins that an error names. */
const NAMED = 10;

/**
 * Re-masks all logins that are not masked with the current key. Can be interrupted, repeated, and run twice at the same time: a
 * login is replaced only if it still has the key that was read. Workers may write meanwhile; the next call re-masks logins that
 * they mask with an older key after the last check. Returns the number of re-masked logins. Throws `Failure` when the ring
 * lacks a key, and at the end an error that names the logins whose masks cannot be opened.
 */
export async function rotateLogins(
  store: Store,
  keys: KeyRing,
  { batch = 500, onBatch }: RotateOptions = {},
): Promise<number> {
  const unopened: string[] = [];
  let done = 0;
  for (const key of await store.logins.distinct('key')) {
    if (key === keys.current) continue;
    keys.subkey(key, 'fingerprint', 32); // throws a `Failure` with a remedy when the ring lacks the key
    for (;;) {
      const logins = await store.logins
        .find({ key, _id: { $nin: unopened } })
        .limit(batch)
        .toArray();
      if (logins.length === 0) break;
      const updates: AnyBulkWriteOperation<LoginDoc>[] = [];
      for (const login of logins) {
        const update = remasked(keys, login);
        if (update) updates.push(update);
        else unopened.push(login._id);
      }
      if (updates.length > 0) done += (await store.logins.bulkWrite(updates, { ordered: false })).matchedCount;
      onBatch?.(done);
    }
  }
  if (unopened.length > 0) {
    const rest = unopened.length > NAMED ? ` and ${unopened.length - NAMED} more` : '';
    throw new Error(`Masks that cannot be opened were not changed: ${unopened.slice(0, NAMED).join(', ')}${rest}`);
  }
  return done;
}

/** The update that re-masks a login; `undefined` when its masks cannot be opened. */
function remasked(keys: KeyRing, login: LoginDoc): AnyBulkWriteOperation<LoginDoc> | undefined {
  let ip: string;
  let deviceId: string;
  try {
    ip = unmask(keys, 'ip', login.masked_ip);
    deviceId = unmask(keys, 'device_id', login.masked_device_id);
  } catch (error) {
    if (error instanceof UnmaskError) return undefined;
    throw error;
  }
  const masks = masksOf(keys, ip, deviceId);
  const fingerprint = fingerprintOf({ ...login, ...masks });
  return { updateOne: { filter: { _id: login._id, key: login.key }, update: { $set: { ...masks, fingerprint } } } };
}
