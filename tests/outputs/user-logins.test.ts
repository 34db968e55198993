import type { LoginObservation } from '../../src/model/observations.js';
import { loadConfig } from '../../src/config.js';
import { openUserLogins, type UserLogins } from '../../src/outputs/user-logins.js';
import { remaskPostgres } from '../../src/outputs/remask.js';
import { addKey } from '../../src/privacy/key-ring.js';
import { putLogins } from '../../src/store/collections/logins.js';
import { rotateLogins } from '../../src/operations/rekey/logins.js';
import { maskLogin } from '../../src/normalize/mask-login.js';
import { freshRing, keysOf } from '../privacy/rings.js';
import { describeWithPostgres, PASSWORD, startPostgres, type TestPostgres } from '../support/postgres.js';
import { dropStore, freshStore } from '../support/store.js';

interface Row {
  user_id: string;
  device_type: string;
  masked_ip: string;
  masked_device_id: string;
  locale: string | null;
  app_version: number | null;
  created: string;
  app_version_text: string | null;
  masked_ip_network: string | null;
  message_id: string | null;
}

/** The table as users create it. */
const THEIRS = `CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32), masked_ip varchar(256),
  masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)`;

const observed = (n: number): LoginObservation => ({
  user_id: `u${n}`,
  device_type: 'ios',
  ip: `198.51.100.${n}`,
  device_id: `device-${n}`,
  locale: null,
  app_version: '2.3.0',
  create_date: new Date('2024-05-06T23:59:59Z'),
});

describeWithPostgres('logins in PostgreSQL', () => {
  let postgres: TestPostgres;
  let logins: UserLogins;
  let ring: string;

  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.remove());
  beforeEach(() => {
    ring = freshRing();
    logins = openUserLogins(postgres.url());
  });
  afterEach(async () => {
    await logins.close();
    await postgres.query('DROP TABLE IF EXISTS user_logins');
  });

  const masked = (numbers: number[], more: Partial<LoginObservation> = {}) =>
    numbers.map((n) => maskLogin(keysOf(ring), 'q', `m${n}`, { ...observed(n), ...more }));
  const rows = () => postgres.query<Row>('SELECT *, create_date::text AS created FROM user_logins ORDER BY message_id');
  const versions = () => postgres.query('SELECT message_id, xmin FROM user_logins ORDER BY message_id');
  const unique = () =>
    postgres.query<{ name: string }>(
      `SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indrelid = 'user_logins'::regclass`,
    );

  test('each message is written once, in the format of the columns; existing rows stay unchanged', async () => {
    const [first] = masked([1]);
    await logins.put([first!]);
    expect(await rows()).toEqual([
      expect.objectContaining({
        user_id: 'u1',
        device_type: 'ios',
        masked_ip: first!.masked_ip,
        masked_device_id: first!.masked_device_id,
        locale: null,
        app_version: 2_003_000,
        created: '2024-05-06',
        app_version_text: '2.3.0',
        masked_ip_network: first!.masked_ip_network,
        message_id: 'q:m1',
      }),
    ]);
    await logins.put(masked([3, 2, 1]));
    const before = await versions();
    expect(before).toHaveLength(3);
    await logins.put(masked([1, 2, 3]));
    await logins.remask(masked([1, 2, 3]));
    await logins.put([]);
    expect(await versions()).toEqual(before);
    expect(await unique()).toEqual([{ name: 'user_logins_message_id' }]);
  });

  test('texts are stored unchanged; a version that does not sort has no number', async () => {
    const odd = { user_id: `{"a",'b'}\\ ü😀`, locale: 'NULL', app_version: '2024.05-beta, "x"' };
    await logins.put(masked([1], odd));
    const [row] = await rows();
    expect(row).toMatchObject({ user_id: odd.user_id, locale: 'NULL', app_version: null });
    expect(row!.app_version_text).toBe(odd.app_version);
  });

  test('a key rotation changes all masks, and a late write with the old key changes none back', async () => {
    const old = masked([1, 2]);
    await logins.put(old);
    await addKey(ring);
    const fresh = masked([1, 2, 3]);
    expect([await logins.countOf('k1'), await logins.countOf('k2')]).toEqual([2, 0]);
    await logins.remask(fresh);
    await logins.put(old);
    expect([await logins.countOf('k1'), await logins.countOf('k2')]).toEqual([0, 3]);
    const stored = await rows();
    const masksOf = ({ masked_ip, masked_ip_network, masked_device_id }: Row | (typeof old)[0]) => [
      masked_ip,
      masked_ip_network,
      masked_device_id,
    ];
    expect(stored.map(masksOf)).toEqual(fresh.map(masksOf));
    expect(stored[0]!.masked_ip).not.toBe(old[0]!.masked_ip);
  });

  test('after a rotation, all logins of the store are written again, including missing ones', async () => {
    const store = await freshStore();
    try {
      const all = Array.from({ length: 1_001 }, (_, n) =>
        maskLogin(keysOf(ring), 'q', `m${n}`, { ...observed(n % 200), device_id: `d${n}` }),
      );
      const origin = { source: 'q', vendor: 'q', page: 'p', run: 'r', observedAt: new Date() };
      await putLogins(
        store,
        origin,
        all.map((login, row) => ({ ...login, row })),
      );
      await logins.put(all.slice(250));
      await addKey(ring);
      await rotateLogins(store, keysOf(ring), {});
      expect(await remaskPostgres(store, postgres.url())).toBe(1_001);
      const stored = new Map((await rows()).map((row) => [row.message_id, row.masked_device_id]));
      expect(stored.size).toBe(1_001);
      for await (const login of store.logins.find()) expect(stored.get(login._id)).toBe(login.masked_device_id);
    } finally {
      await dropStore(store);
    }
  });

  test('a table that users created is extended, and keeps its rows', async () => {
    await postgres.query(THEIRS);
    await postgres.query(`INSERT INTO user_logins (user_id) VALUES ('a'), ('b')`);
    await logins.put(masked([1]));
    await logins.put(masked([1, 2]));
    const stored = await rows();
    expect(stored.map(({ user_id }) => user_id).sort()).toEqual(['a', 'b', 'u1', 'u2']);
    expect(stored.filter(({ message_id }) => message_id === null)).toHaveLength(2);
    expect(await unique()).toEqual([{ name: 'user_logins_message_id' }]);
  });

  test('several writers that start at once create one table; a table that is dropped meanwhile is created again', async () => {
    const others = Array.from({ length: 4 }, () => openUserLogins(postgres.url()));
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    await Promise.all(others.map((other, at) => other.put(masked(at % 2 ? numbers : [...numbers].reverse()))));
    expect(await rows()).toHaveLength(50);
    expect(await unique()).toHaveLength(1);
    await postgres.query('DROP TABLE user_logins');
    await expect(others[0]!.put(masked([1]))).rejects.toMatchObject({ kind: 'server-unavailable' });
    await others[0]!.put(masked([1]));
    expect(await rows()).toHaveLength(1);
    await Promise.all(others.map((other) => other.close()));
  });

  test('a user who may only write to a complete table needs no more privileges', async () => {
    await logins.put(masked([1]));
    await postgres.query(`CREATE ROLE writer LOGIN PASSWORD '${PASSWORD}';
      GRANT SELECT, INSERT, UPDATE ON user_logins TO writer`);
    const url = postgres.url().replace('rollcall:', 'writer:');
    const writer = openUserLogins(url);
    try {
      await writer.put(masked([1, 2]));
      expect(await rows()).toHaveLength(2);
      await postgres.query('REVOKE INSERT ON user_logins FROM writer');
      await expect(writer.put(masked([3]))).rejects.toMatchObject({ kind: 'settings-invalid' });
    } finally {
      await writer.close();
      await postgres.query('DROP OWNED BY writer; DROP ROLE writer');
    }
  });

  test('while the server is unavailable, a write fails with its address only, and later succeeds', async () => {
    await logins.put(masked([1]));
    await postgres.stop();
    try {
      const failure = await logins.put(masked([2])).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'Failure', kind: 'server-unavailable' });
      expect((failure as Error).message).toBe(
        `PostgreSQL at 127.0.0.1:${postgres.port} does not respond (ECONNREFUSED)`,
      );
    } finally {
      await postgres.start();
    }
    await logins.put(masked([1, 2]));
    expect(await rows()).toHaveLength(2);
  });

  test('a connection that breaks during a write fails only that write', async () => {
    await logins.put(masked([1]));
    const lock = postgres.query('BEGIN; LOCK TABLE user_logins; SELECT pg_sleep(2)');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const put = expect(logins.put(masked([2]))).rejects.toMatchObject({ kind: 'server-unavailable' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await postgres.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rollcall'`);
    await put;
    await lock;
    await logins.put(masked([2]));
    expect(await rows()).toHaveLength(2);
  });

  test('a rejected password, a missing database and a login that does not fit are reported without a secret', async () => {
    const fails = async (url: string) => {
      const other = openUserLogins(url);
      const error = (await other.put(masked([1])).catch((error: unknown) => error)) as Error;
      await other.close();
      expect(error).toMatchObject({ name: 'Failure', kind: 'settings-invalid' });
      expect(JSON.stringify(error) + error.stack).not.toMatch(/canary|wrong/);
      expect(error.cause).toBeUndefined();
      return error.message;
    };
    const at = `PostgreSQL at 127.0.0.1:${postgres.port}`;
    expect(await fails(postgres.url({ password: 'wrong' }))).toBe(`${at} rejects the user or the password (28P01)`);
    expect(await fails(postgres.url().replace(`:${PASSWORD}@`, '@'))).toBe(`${at} rejects the user or the password`);
    expect(await fails(postgres.url({ database: 'none' }))).toBe(`${at} does not have that database (3D000)`);
    expect(await fails(postgres.url({ password: 'wrong%ff' }))).toBe('LOGINS_POSTGRES_URL cannot be read');
    await postgres.query(THEIRS.replace('locale varchar(32)', 'locale varchar(32) NOT NULL'));
    expect(await fails(postgres.url())).toBe(`${at} rejects logins (23502)`);
  });
});

test.each([
  'postgres://h/d',
  'postgresql://u:p%40@h:5432/d?sslmode=require',
  'postgres://u@[::1]:5/d',
  'postgres:///d?host=/run/postgresql',
])('%s is accepted', (url) => {
  expect(loadConfig({ LOGINS_POSTGRES_URL: url }).loginsPostgres).toBe(url);
});

test.each([
  'mysql://u:canary@h/d',
  'h:5432',
  'postgres://u:12/canary@h/d',
  'postgres://u:canary#1@h/d',
  'postgres://u:canary@1@h/d',
])('%s is rejected, and not shown', (url) => {
  let message = '';
  try {
    loadConfig({ LOGINS_POSTGRES_URL: url });
  } catch (error) {
    ({ message } = error as Error);
  }
  expect(message).toMatch(/^Bad settings: LOGINS_POSTGRES_URL: must be postgres:/);
  expect(message).not.toContain('canary');
});
