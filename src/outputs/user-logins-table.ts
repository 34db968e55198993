import type { MaskedLogin } from '../store/documents/logins.js';
import type { Postgres } from './postgres.js';

/** The columns of `user_logins`, how each is made, and what of a login it holds: the first seven are those of its users. */
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

/** An index on a table of many millions takes its time. */
const EXTEND_MS = 300_000;
/** Any number that only we lock: two workers that start at once make one table. */
const LOCK = 7_655_262_091;

const LOOK = `
  SELECT attname AS name, EXISTS (
    SELECT FROM pg_index WHERE indrelid = attrelid AND indkey[0] = attnum AND indnkeyatts = 1
    AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL
  ) AS is_unique
  FROM pg_attribute WHERE attrelid = to_regclass('user_logins') AND attnum > 0 AND NOT attisdropped`;

// The key's index has a name, so that it is found again as any other one.
const EXTEND = `
  SELECT pg_advisory_xact_lock(${LOCK});
  CREATE TABLE IF NOT EXISTS user_logins (
    ${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')},
    CONSTRAINT user_logins_message_id PRIMARY KEY (message_id)
  );
  ALTER TABLE user_logins ${COLUMNS.map(([name, type]) => `ADD COLUMN IF NOT EXISTS ${name} ${type}`).join(', ')};
  CREATE UNIQUE INDEX IF NOT EXISTS user_logins_message_id ON user_logins (message_id);`;

// Arrays of any length, as otherwise each number of logins would be another statement. Without lengths: a cast would cut.
const arrays = COLUMNS.map(([, type], at) => `$${at + 1}::${type.replace(/\(.*/, '')}[]`).join(', ');
const INSERT = `INSERT INTO user_logins (${NAMES.join(', ')}) SELECT * FROM unnest(${arrays}) ON CONFLICT (message_id)`;

/** Those that are there stay as they are. */
export const PUT = `${INSERT} DO NOTHING`;

/** Those that are there get other masks; not written when they have them. */
export const REMASK = `${INSERT} DO UPDATE SET ${MASKS.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE (${MASKS.map((name) => `user_logins.${name}`).join(', ')})
  IS DISTINCT FROM (${MASKS.map((name) => `excluded.${name}`).join(', ')})`;

/** How many logins are masked with one key. */
export const COUNT_OF_KEY = `SELECT count(*)::int AS count FROM user_logins WHERE masked_ip LIKE 'm1.' || $1 || '.%'`;

/** All of a user. */
export const COUNT_OF_USER = 'SELECT count(*)::int AS count FROM user_logins WHERE user_id = $1';
export const ERASE = 'DELETE FROM user_logins WHERE user_id = $1 RETURNING message_id';

/** What `PUT` and `REMASK` take: an array a column. */
export function valuesOf(logins: readonly MaskedLogin[]): unknown[] {
  // In one order everywhere: two writers that wait for each other's logins would wait for good.
  const sorted = [...logins].sort((one, other) => (one._id < other._id ? -1 : 1));
  return COLUMNS.map(([, , valueOf]) => sorted.map(valueOf));
}

/** Makes the table, or extends one that its users made. Looks first: who may only write to it must not be asked for more. */
export async function prepareTable(postgres: Postgres): Promise<void> {
  const found = await postgres.transaction((query) => query<{ name: string; is_unique: boolean }>(LOOK));
  const unique = new Map(found.map(({ name, is_unique }) => [name, is_unique]));
  if (NAMES.every((name) => unique.has(name)) && unique.get('message_id')) return;
  await postgres.transaction((query) => query(EXTEND), EXTEND_MS);
}
