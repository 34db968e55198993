import type { LoginDoc } from '../store/documents/logins.js';
import type { Store } from '../store/database.js';
import { openUserLogins } from './user-logins.js';

/** Logins per write. */
const BATCH = 1_000;

/**
 * Copies every login of the store with its masks to PostgreSQL: after a rotation of keys, and for logins from before PostgreSQL
 * was configured. Idempotent. Returns the number of logins; throws `Failure`.
 */
export async function remaskPostgres(store: Store, url: string): Promise<number> {
  const output = openUserLogins(url);
  let written = 0;
  let batch: LoginDoc[] = [];
  const write = async () => {
    await output.remask(batch);
    written += batch.length;
    batch = [];
  };
  try {
    for await (const login of store.logins.find().batchSize(BATCH)) if (batch.push(login) === BATCH) await write();
    await write();
  } finally {
    await output.close();
  }
  return written;
}
