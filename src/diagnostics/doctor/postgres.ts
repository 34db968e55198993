import { openPostgres } from '../../outputs/postgres.js';
import { attention, down, ok, type Check } from './check.js';
import { Failure } from '../../model/failure.js';

const PROBE = `
  SELECT current_setting('server_version') AS version, to_regclass('user_logins') IS NOT NULL AS there,
    to_regclass('user_logins') IS NOT NULL
      AND has_table_privilege('user_logins', 'SELECT') AND has_table_privilege('user_logins', 'INSERT')
      AND has_table_privilege('user_logins', 'UPDATE') AS writable,
    has_schema_privilege(current_schema(), 'CREATE') AS can_create`;

/** Checks the PostgreSQL database that stores logins, if one is configured. */
export const postgresCheck: Check = {
  group: 'PostgreSQL',
  async run({ config: { loginsPostgres } }) {
    if (loginsPostgres === undefined) return [];
    const postgres = openPostgres(loginsPostgres);
    try {
      const [row] = await postgres.transaction(
        (query) => query<{ version: string; there: boolean; writable: boolean; can_create: boolean }>(PROBE),
        4_000,
      );
      const { version, there, writable, can_create: canCreate } = row!;
      const message = `PostgreSQL ${version.split(' ')[0]}`;
      if (there && writable) return [ok(`${message}, user_logins is there and can be written to`)];
      if (there)
        return [
          attention(
            `${message}: this user may not write to user_logins`,
            'GRANT SELECT, INSERT, UPDATE ON user_logins TO the user of LOGINS_POSTGRES_URL',
          ),
        ];
      if (canCreate) return [ok(`${message}; the first logins make user_logins`)];
      return [
        attention(
          `${message}: there is no user_logins, and this user may not make it`,
          'Make the table (docs/operating.md), or GRANT CREATE ON SCHEMA public TO the user of LOGINS_POSTGRES_URL',
        ),
      ];
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'server-unavailable') throw error;
      return [down(error.message, error.details.remedy ?? 'Start it')];
    } finally {
      void postgres.close();
    }
  },
};
