import type { AnyBulkWriteOperation } from 'mongodb';
import type { KeyRing } from '../../privacy/key-ring.js';
import { unmask, UnmaskError } from '../../privacy/mask.js';
import type { Store } from '../../store/database.js';
import type { LoginDoc } from '../../store/documents/logins.js';
import { fingerprintOf, masksOf } from '../../normalize/mask-login.js';

export interface RotateOptions {
  /** Logins at a time; each takes about 0.2 ms of computing, in which nothing else runs. */
  batch?: number;
  /** Told after each batch how many logins have been re-masked so far. */
  onBatch?: (done: number) => void;
}

/** How many logins that cannot be opened are named. */
const NAMED = 10;

/**
 * Masks every login again that is not masked with the current key. Can be cut short and repeated, and run twice at once:
 * a login is replaced only if it still has the key that was read. Workers may write all the while; what they write with an
 * older key after the last look is left to the next call. Returns how many logins it re-masked. Throws `Failure` when
 * the ring lacks a key that logins have, and, at its end, an error that names logins whose masks do not open.
 */
export async function rotateLogins(
  store: Store,
  keys: KeyRing,
  { batch = 500, onBatch }: RotateOptions = {},
): Promise<number> {
  const stuck: string[] = [];
  let done = 0;
  for (const key of await store.logins.distinct('key')) {
    if (key === keys.current) continue;
    keys.subkey(key, 'fingerprint', 32); // throws, and says what to do, when the ring does not hold it
    for (;;) {
      const logins = await store.logins
        .find({ key, _id: { $nin: stuck } })
        .limit(batch)
        .toArray();
      if (logins.length === 0) break;
      const updates: AnyBulkWriteOperation<LoginDoc>[] = [];
      for (const login of logins) {
        const update = remasked(keys, login);
        if (update) updates.push(update);
        else stuck.push(login._id);
      }
      if (updates.length > 0) done += (await store.logins.bulkWrite(updates, { ordered: false })).matchedCount;
      onBatch?.(done);
    }
  }
  if (stuck.length > 0) {
    const rest = stuck.length > NAMED ? ` and ${stuck.length - NAMED} more` : '';
    throw new Error(`Masks that do not open were left as they are: ${stuck.slice(0, NAMED).join(', ')}${rest}`);
  }
  return done;
}

/** `undefined` when its masks do not open. */
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
