import type { MaskedLogin } from '../store/documents/logins.js';
import type { Postgres } from './postgres.js';

/** Columns of `user_logins` with type and value. The first seven are the columns that readers of the table require. */
const COLUMNS: [name: string, type: string, valueOf: (login: MaskedLogin) => string | number | null][] = [
  ['user_id', 'varchar(128)', (login) => login.user_id],
  ['device_type', 'varchar(32)', (login) => login.device_type],
  ['masked_ip', 'varchar(256)', (login) => login.masked_ip],
  ['masked_device_id', 'varchar(256)', (login) => login.masked_device_id],
  ['locale', 'varchar(32)', (login) => login.locale],
  ['app_version', 'integer', (login) => login.app_version_number ?? null],
  ['create_date', 'date', (login) => login.create_date.toISOString().slice(0, 10)],
  ['app_version_text', 'varchar(32)', (login) => login.app_version],
  ['masked_ip_network', 'varchar(256)', (login) => login.masked_ip_network],
  ['message_id', 'varchar(255)', (login) => login._id],
];
const NAMES = COLUMNS.map(([name]) => name);
const MASKS = NAMES.filter((name) => name.startsWith('masked_'));

/** Building an index on a table of many millions of rows takes minutes. */
const EXTEND_MS = 300_000;
/** Id of an advisory lock that only Rollcall uses, so that two workers that start at once create one table. */
const LOCK = 7_655_262_091;

const FIND_COLUMNS = `
  SELECT attname AS name, EXISTS (
    SELECT FROM pg_index WHERE indrelid = attrelid AND indkey[0] = attnum AND indnkeyatts = 1
    AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL
  ) AS is_unique
  FROM pg_attribute WHERE attrelid = to_regclass('user_logins') AND attnum > 0 AND NOT attisdropped`;

// The primary key's index has a name, so that `IF NOT EXISTS` finds it.
const EXTEND = `
  SELECT pg_advisory_xact_lock(${LOCK});
  CREATE TABLE IF NOT EXISTS user_logins (
    ${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')},
    CONSTRAINT user_logins_message_id PRIMARY KEY (message_id)
  );
  ALTER TABLE user_logins ${COLUMNS.map(([name, type]) => `ADD COLUMN IF NOT EXISTS ${name} ${type}`).join(', ')};
  CREATE UNIQUE INDEX IF NOT EXISTS user_logins_message_id ON user_logins (message_id);`;

// The parameters are arrays, so that the statement is the same for any number of logins. Their types have no lengths, because a
// cast would truncate values.
const arrays = COLUMNS.map(([, type], at) => `$${at + 1}::${type.replace(/\(.*/, '')}[]`).join(', ');
const INSERT = `INSERT INTO user_logins (${NAMES.join(', ')}) SELECT * FROM unnest(${arrays}) ON CONFLICT (message_id)`;

/** Existing rows stay unchanged. */
export const PUT = `${INSERT} DO NOTHING`;

/** Existing rows get new masks; rows with the same masks are not written. */
export const REMASK = `${INSERT} DO UPDATE SET ${MASKS.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE (${MASKS.map((name) => `user_logins.${name}`).join(', ')})
  IS DISTINCT FROM (${MASKS.map((name) => `excluded.${name}`).join(', ')})`;

/** Number of logins masked with one key. */
export const COUNT_OF_KEY = `SELECT count(*)::int AS count FROM user_logins WHERE masked_ip LIKE 'm1.' || $1 || '.%'`;

/** Number of logins of a user. */
export const COUNT_OF_USER = 'SELECT count(*)::int AS count FROM user_logins WHERE user_id = $1';
export const ERASE = 'DELETE FROM user_logins WHERE user_id = $1 RETURNING message_id';

/** Parameters of `PUT` and `REMASK`: one array per column. */
export function valuesOf(logins: readonly MaskedLogin[]): unknown[] {
  // Sorted by id, because two writers with different orders could deadlock.
  const sorted = [...logins].sort((one, other) => (one._id < other._id ? -1 : 1));
  return COLUMNS.map(([, , valueOf]) => sorted.map(valueOf));
}

/**
 * Creates the table, or extends an existing one. Checks first, because a user that may only write to the table cannot run DDL.
 */
export async function prepareTable(postgres: Postgres): Promise<void> {
  const found = await postgres.transaction((query) => query<{ name: string; is_unique: boolean }>(FIND_COLUMNS));
  const unique = new Map(found.map(({ name, is_unique }) => [name, is_unique]));
  if (NAMES.every((name) => unique.has(name)) && unique.get('message_id')) return;
  await postgres.transaction((query) => query(EXTEND), EXTEND_MS);
}
