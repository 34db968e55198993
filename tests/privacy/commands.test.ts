import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { maskCommand } from '../../src/cli/commands/privacy/mask.js';
import { unmaskCommand } from '../../src/cli/commands/privacy/unmask.js';
import { addKey } from '../../src/privacy/key-ring.js';
import { getBody, putBody } from '../../src/store/collections/bodies.js';
import { openStore, type Store } from '../../src/store/database.js';
import { putLogins } from '../../src/store/collections/logins.js';
import { rotateLogins } from '../../src/operations/rekey/logins.js';
import { maskLogin } from '../../src/normalize/mask-login.js';
import { freshPath, keysOf } from './rings.js';
import { dropStore } from '../support/store.js';

const ring = freshPath();
const page = Buffer.from('a page as received');
const database = `c${randomUUID().slice(0, 8)}`;
const uri = process.env['ROLLCALL_TEST_MONGODB_URI']!;
let store: Store;
let before: Record<string, string | undefined>;

beforeAll(async () => {
  before = { ...process.env };
  Object.assign(process.env, { MONGODB_URI: uri, MONGODB_DATABASE: database, ROLLCALL_KEY_RING: ring });
  store = await openStore({ uri, database, hostsCollection: 'hosts' });
  for (const command of [unmaskCommand, ...maskCommand.commands])
    command.exitOverride().configureOutput({ writeErr() {} });
});

afterAll(async () => {
  process.env = before;
  await dropStore(store);
});

afterEach(() => jest.restoreAllMocks());

let printed = '';

/** Returns the output of the command. `printed` contains it also when the command fails. */
async function run(command: typeof maskCommand, ...args: string[]): Promise<string> {
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  await command.parseAsync(args, { from: 'user' });
  return printed;
}

test('a user creates a key ring, unmasks a login with a reason, and rotates the key of logins and pages', async () => {
  expect(await run(maskCommand, 'new', ring)).toContain('holds key k1');
  expect(existsSync(ring)).toBe(true);
  const origin = { source: 'q', vendor: 'q', page: 'p', run: 'r', observedAt: new Date() };
  const login = maskLogin(keysOf(ring), 'q', 'm1', {
    user_id: 'u',
    device_type: 'ios',
    ip: '198.51.100.7',
    device_id: 'device\u001b[2J',
    locale: null,
    app_version: '1.0',
    create_date: new Date(),
  });
  await putLogins(store, origin, [{ ...login, row: 0 }]);
  await putBody(store, 'sealed', page, keysOf(ring));
  await putBody(store, 'clear', page);

  const shown = await run(unmaskCommand, 'q:m1', '--why', 'incident 42', '--by', 'me');
  expect(shown).toBe('q:m1  ip 198.51.100.7  device_id device?[2J\n');
  const entry = { by: 'me', action: 'unmask', why: 'incident 42', count: 1, collection: 'logins', of: ['q:m1'] };
  expect(await store.audit.find().toArray()).toEqual([expect.objectContaining(entry)]);

  expect(await run(maskCommand, 'rotate', '--by', 'me')).toBe(
    'Added key k2\n1 logins are masked with key k2 now\n1 pages are sealed with key k2 now\n',
  );
  const token = (await store.logins.findOne({ _id: 'q:m1' }))!.masked_ip;
  expect(token).toMatch(/^m1\.k2\./);
  expect(await run(unmaskCommand, '--token', token, '--field', 'ip', '--why', 'again', '--json')).toBe(
    '{"ip":"198.51.100.7"}\n',
  );
  const status = (await run(maskCommand, 'status', '--json')).trim().split('\n');
  expect(status.map((line) => JSON.parse(line) as object)).toEqual([
    { key: 'k1', fingerprint: expect.any(String), current: false, logins: 0, pages: 0 },
    { key: 'k2', fingerprint: expect.any(String), current: true, logins: 1, pages: 1 },
  ]);
  const entries = (await store.audit.find().sort({ _id: 1 }).toArray()).map(
    ({ action, count, collection }) => `${action} ${count} ${collection}`,
  );
  expect(entries).toEqual(['unmask 1 logins', 'rotate 1 logins', 'rotate 1 bodies', 'unmask 1 logins']);
});

test('a key can be removed only when no login and no page needs it', async () => {
  await addKey(ring); // like an interrupted rotation
  await expect(run(maskCommand, 'remove', 'k2')).rejects.toMatchObject({
    kind: 'settings-invalid',
    message: 'Key k2 is needed by 1 logins and 1 sealed pages',
    details: { remedy: expect.stringContaining('mask rotate --no-new-key') },
  });
  await rotateLogins(store, keysOf(ring));
  await expect(run(maskCommand, 'remove', 'k2')).rejects.toThrow('needed by 0 logins and 1 sealed pages');
  await expect(run(maskCommand, 'remove', 'k3')).rejects.toThrow('has k3 as its current key');
  await expect(run(maskCommand, 'remove', 'k9')).rejects.toThrow('holds no key k9');
  expect(keysOf(ring).ids).toEqual(['k1', 'k2', 'k3']);

  expect(await run(maskCommand, 'rotate', '--no-new-key')).toBe(
    '0 logins are masked with key k3 now\n1 pages are sealed with key k3 now\n',
  );
  for (const id of ['k1', 'k2']) expect(await run(maskCommand, 'remove', id)).toContain(`Removed key ${id}.`);
  expect(keysOf(ring).ids).toEqual(['k3']);
  expect((await getBody(store, 'sealed', page.length, () => keysOf(ring)))?.equals(page)).toBe(true);
  expect(await run(unmaskCommand, 'q:m1', '--why', 'x')).toContain('198.51.100.7');
});

test('unmask prints nothing when it cannot store the audit entry', async () => {
  await store.db.command({ collMod: 'audit', validator: { by: { $ne: 'nobody' } } });
  const shown = run(unmaskCommand, 'q:m1', '--why', 'x', '--by', 'nobody');
  await expect(shown).rejects.toThrow('failed validation');
  expect(printed).toBe('');
});

test('unmask requires a reason, and does not store an address that is given as a token', async () => {
  const entries = await store.audit.countDocuments();
  await expect(run(unmaskCommand, 'q:m1', '--why', ' ')).rejects.toThrow('--why is empty');
  await expect(run(unmaskCommand, 'q:m9', '--why', 'x')).rejects.toThrow('no login q:m9');
  await expect(run(unmaskCommand, '--token', '192.0.2.1', '--field', 'ip', '--why', 'x')).rejects.toThrow(
    'not a token',
  );
  expect(await store.audit.countDocuments()).toBe(entries);
});
