import type { LoginDoc } from '../store/documents/logins.js';
import type { Store } from '../store/database.js';
import { openUserLogins } from './user-logins.js';

/** Logins written at once. */
const BATCH = 1_000;

/**
 * Writes every login of the store to PostgreSQL with the masks it has there: after a rotation of keys, and for logins from before
 * there was a PostgreSQL. Can be repeated. Returns how many there are; throws `Failure`.
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
