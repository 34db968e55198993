import type { MaskedLogin } from '../store/documents/logins.js';
import { openPostgres } from './postgres.js';
import { COUNT_OF_KEY, COUNT_OF_USER, ERASE, prepareTable, PUT, REMASK, valuesOf } from './user-logins-table.js';

/** The table `user_logins` of a PostgreSQL: the logins of MongoDB once more, for whoever reads SQL. Both writes throw `Failure`. */
export interface UserLogins {
  /** Stores logins durably, each message at most once; those that are there already stay as they are. Can be repeated. */
  put(logins: readonly MaskedLogin[]): Promise<void>;
  /**
   * Likewise, but those that are there get the masks given here: after a rotation of keys. Apart from `put`, so that a worker
   * which masked a page with the old key, and comes late, takes no new mask back.
   */
  remask(logins: readonly MaskedLogin[]): Promise<void>;
  /** How many logins are masked with a key. */
  countOf(key: string): Promise<number>;
  /** How many logins a user has. */
  countOfUser(userId: string): Promise<number>;
  /** Removes all logins of a user; how many there were. */
  erase(userId: string): Promise<number>;
  close(): Promise<void>;
}

/** Connects, and makes or extends the table, at its first write. */
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
      ready = undefined; // another server may answer next time, or somebody dropped the table
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
