import type { MaskedLogin } from '../store/documents/logins.js';
import { openPostgres } from './postgres.js';
import { COUNT_OF_KEY, COUNT_OF_USER, ERASE, prepareTable, PUT, REMASK, valuesOf } from './user-logins-table.js';

/** The table `user_logins` in PostgreSQL: a copy of MongoDB's logins for SQL users. Both writes throw `Failure`. */
export interface UserLogins {
  /** Stores logins durably, each message at most once; existing rows stay unchanged. Idempotent. */
  put(logins: readonly MaskedLogin[]): Promise<void>;
  /**
   * Stores logins and updates the masks of existing rows, after a rotation of keys. Separate from `put`, so that a late worker
   * that masked a page with the old key does not overwrite new masks.
   */
  remask(logins: readonly MaskedLogin[]): Promise<void>;
  /** Number of logins masked with a key. */
  countOf(key: string): Promise<number>;
  /** Number of logins of a user. */
  countOfUser(userId: string): Promise<number>;
  /** Removes all logins of a user; returns their number. */
  erase(userId: string): Promise<number>;
  close(): Promise<void>;
}

/** Opens the output. It connects, and creates or extends the table, at its first write. */
export function openUserLogins(url: string): UserLogins {
  const postgres = openPostgres(url);
  let ready: Promise<void> | undefined;
  const write = async (statement: string, logins: readonly MaskedLogin[]) => {
    if (logins.length === 0) return;
    const values = valuesOf(logins);
    try {
      await (ready ??= prepareTable(postgres));
      await postgres.transaction((query) => query(statement, values));
    } catch (error) {
      ready = undefined; // the next server may be another one, or the table may have been dropped
      throw error;
    }
  };
  return {
    put: (logins) => write(PUT, logins),
    remask: (logins) => write(REMASK, logins),
    async countOf(key) {
      await prepareTable(postgres);
      const [row] = await postgres.transaction((query) => query<{ count: number }>(COUNT_OF_KEY, [key]));
      return row!.count;
    },
    async countOfUser(userId) {
      await prepareTable(postgres);
      const [row] = await postgres.transaction((query) => query<{ count: number }>(COUNT_OF_USER, [userId]));
      return row!.count;
    },
    async erase(userId) {
      await prepareTable(postgres);
      const rows = await postgres.transaction((query) => query(ERASE, [userId]));
      return rows.length;
    },
    close: () => postgres.close(),
  };
}
