import type { Pool, PoolClient, QueryConfig } from 'pg';
import { Failure } from '../model/failure.js';
import { postgresFailure } from './postgres-failure.js';

/** Runs one statement and returns its rows. Without values the text may contain several statements. */
export type Query = <Row = never>(text: string, values?: unknown[]) => Promise<Row[]>;

export interface Postgres {
  /**
   * Runs `work` in one transaction, which is durable when this resolves. No statement takes longer than `timeoutMs`. Throws
   * `Failure`. Connects at first use, and again after the server was away.
   */
  transaction<T>(work: (query: Query) => Promise<T>, timeoutMs?: number): Promise<T>;
  close(): Promise<void>;
}

/** One per listing that a thread processes concurrently. */
const CONNECTIONS = 4;
const CONNECT_MS = 10_000;
const STATEMENT_MS = 30_000;
/** Milliseconds that a query waits for the server's response, in addition to the server's own statement timeout. */
const RESPONSE_GRACE_MS = 5_000;

export function openPostgres(url: string): Postgres {
  let opening: Promise<Pool> | undefined;
  return {
    async transaction(work, timeoutMs = STATEMENT_MS) {
      let client: PoolClient | undefined;
      const query: Query = async (text, values) => {
        // The type `QueryConfig` does not declare `query_timeout`.
        const timed = { text, ...(values && { values }), query_timeout: timeoutMs + RESPONSE_GRACE_MS } as QueryConfig;
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
        // Closing the connection makes the server roll back, even if a ROLLBACK could not be sent.
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

/** Loaded at first use, because most commands need no PostgreSQL. */
async function openPool(connectionString: string): Promise<Pool> {
  const { Client, Pool } = await import('pg');
  try {
    void new Client({ connectionString }); // reads the URL and the files it names, without connecting
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
  // A broken connection also rejects its query; without a listener the event would end the process.
  const ignore = () => {};
  pool.on('error', ignore).on('connect', (client) => client.on('error', ignore));
  return pool;
}

/** Set within the transaction, because a pooler may use another connection for the next transaction. */
function begin(timeoutMs: number): string {
  const settings = [
    `set_config('statement_timeout', '${timeoutMs}', true)`,
    `set_config('idle_in_transaction_session_timeout', '${2 * timeoutMs}', true)`,
    // The level is only raised: a stricter setting of the server stays.
    `CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN '' ELSE set_config('synchronous_commit', 'on', true) END`,
  ];
  return `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT ${settings.join(', ')}`;
}
