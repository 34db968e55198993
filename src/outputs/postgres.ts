import type { Pool, PoolClient, QueryConfig } from 'pg';
import { Failure } from '../model/failure.js';
import { postgresFailure } from './postgres-failure.js';

/** One statement; its rows. Without values it may be several. */
export type Query = <Row = never>(text: string, values?: unknown[]) => Promise<Row[]>;

export interface Postgres {
  /**
   * Runs `work` in one transaction, which is on disk when this resolves; no statement takes longer than `timeoutMs`. Throws
   * `Failure`. Connects when first used, and again when the server was away.
   */
  transaction<T>(work: (query: Query) => Promise<T>, timeoutMs?: number): Promise<T>;
  close(): Promise<void>;
}

/** As many as the listings that one thread works on. */
const CONNECTIONS = 4;
const CONNECT_MS = 10_000;
const STATEMENT_MS = 30_000;
/** The server ends a statement itself; one that does not answer at all is left this much later. */
const ANSWER_MS = 5_000;

export function openPostgres(url: string): Postgres {
  let opening: Promise<Pool> | undefined;
  return {
    async transaction(work, timeoutMs = STATEMENT_MS) {
      let client: PoolClient | undefined;
      const query: Query = async (text, values) => {
        // The type does not know this option of a single query.
        const timed = { text, ...(values && { values }), query_timeout: timeoutMs + ANSWER_MS } as QueryConfig;
        return (await client!.query(timed)).rows as never[];
      };
      try {
        client = await (await (opening ??= openPool(url))).connect();
        await query(begin(timeoutMs));
        const result = await work(query);
        await query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        // Without its connection the server undoes the transaction, also when nobody can tell it to.
        client?.release(true);
        throw postgresFailure(error, url);
      }
    },
    async close() {
      const pool = await opening?.catch(() => undefined);
      await pool?.end();
    },
  };
}

/** Loaded here, as most commands need none. */
async function openPool(connectionString: string): Promise<Pool> {
  const { Client, Pool } = await import('pg');
  try {
    void new Client({ connectionString }); // reads the URL and the files it names, and does not connect
  } catch {
    throw new Failure('settings-invalid', 'LOGINS_POSTGRES_URL cannot be read', {
      remedy: 'Percent-encode special characters, and look at the files of certificates that it names',
    });
  }
  const pool = new Pool({
    connectionString,
    application_name: 'rollcall',
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // A connection that breaks tells its query too; without a listener it would end the process.
  const ignore = () => {};
  pool.on('error', ignore).on('connect', (client) => client.on('error', ignore));
  return pool;
}

/** Set within the transaction, as a pooler between us and the server may hand the next one to another connection. */
function begin(timeoutMs: number): string {
  const settings = [
    `set_config('statement_timeout', '${timeoutMs}', true)`,
    `set_config('idle_in_transaction_session_timeout', '${2 * timeoutMs}', true)`,
    // Only raised: what the server asks for beyond a flush stays.
    `CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN '' ELSE set_config('synchronous_commit', 'on', true) END`,
  ];
  return `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT ${settings.join(', ')}`;
}
