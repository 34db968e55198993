import { openUserLogins } from '../../src/outputs/user-logins.js';
import type { MaskedLogin } from '../../src/store/documents/logins.js';
import { describeWithPostgres, startPostgres, type TestPostgres } from '../support/postgres.js';

describeWithPostgres('a user is erased from PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.remove());

  const login = (id: string, user: string): MaskedLogin => ({
    _id: `logins:${id}`,
    source: 'logins',
    user_id: user,
    device_type: 'android',
    masked_ip: 'm1.k1.a',
    masked_ip_network: 'm1.k1.b',
    ip_class: 'public',
    masked_device_id: 'm1.k1.c',
    locale: null,
    app_version: '2.3.0',
    create_date: new Date('2026-01-01'),
    fingerprint: 'f',
    key: 'k1',
  });

  test('with all logins, and no other user is', async () => {
    const output = openUserLogins(postgres.url());
    await output.put([login('1', 'u-1'), login('2', 'u-1'), login('3', "u-1' OR ''='")]);
    expect(await output.erase('u-1')).toBe(2);
    expect(await output.erase('u-1')).toBe(0);
    expect(await postgres.query('SELECT message_id FROM user_logins')).toEqual([{ message_id: 'logins:3' }]);
    await output.close();
  });
});
