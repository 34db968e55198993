import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { remaskPostgres } from '../../../outputs/remask.js';
import { openUserLogins } from '../../../outputs/user-logins.js';
import { addKey, createKeyRing, fingerprintOf, openKeyRing, removeKey } from '../../../privacy/key-ring.js';
import { putAudit } from '../../../store/collections/audit.js';
import type { Store } from '../../../store/database.js';
import { rotateLogins } from '../../../operations/rekey/logins.js';
import { resealBodies, sealedWithOlder, sealKeys } from '../../../operations/rekey/bodies.js';
import { withRawLease } from '../../../store/raw-lease.js';
import { user } from '../../shared/person.js';
import { withStore } from '../../shared/with-store.js';

/** Milliseconds until all workers use a changed key ring: they check its file once a second. */
const ROTATION_DELAY = 2_000;

const newCommand = new Command('new')
  .description('make a key ring with one key')
  .argument('<file>', 'a path where no file is yet')
  .action((file: string) => {
    const path = resolve(file);
    createKeyRing(path);
    const keys = openKeyRing(path).keys();
    process.stdout.write(
      `${path} holds key ${keys.current} (fingerprint ${fingerprintOf(keys, keys.current)})\n` +
        `Set ROLLCALL_KEY_RING=${path} for workers, and keep a copy apart from the backups of the database:\n` +
        'without it no masked value and no sealed page can ever be read again.\n',
    );
  });

const statusCommand = new Command('status')
  .description('the keys of the ring, and how many logins and sealed pages need each')
  .option('--json', 'one JSON object a key')
  .action(async (options: { json?: boolean }) => {
    const config = loadConfig();
    const keys = openKeyRing(config.keyRing).keys();
    await withStore(config, async (store) => {
      const used = [...(await store.logins.distinct('key')), ...(await sealKeys(store))];
      const ids = [...new Set([...keys.ids, ...used])];
      const table = new Table({ head: ['key', 'fingerprint', 'logins', 'pages', ''], style: { head: [], border: [] } });
      for (const key of ids) {
        const fingerprint = keys.has(key) ? fingerprintOf(keys, key) : null;
        const logins = await store.logins.countDocuments({ key });
        const pages = await store.bodies.countDocuments({ key });
        const note = key === keys.current ? 'current' : fingerprint === null ? 'not in the key ring' : '';
        if (options.json)
          process.stdout.write(
            `${JSON.stringify({ key, fingerprint, current: key === keys.current, logins, pages })}\n`,
          );
        else table.push([key, fingerprint ?? '', logins, pages, note]);
      }
      if (!options.json) process.stdout.write(`${table.toString()}\n`);
    });
  });

const rotateCommand = new Command('rotate')
  .description('add a key to the ring, make it the current one, mask every login and seal every stored page with it')
  .option('--no-new-key', 'add none: finish an interrupted rotation')
  .option('--why <text>', 'why, for the audit entry')
  .option('--by <name>', 'who rotates', user())
  .action(async ({ newKey, by, why }: { newKey: boolean; by: string; why?: string }) => {
    const config = loadConfig();
    const ring = openKeyRing(config.keyRing);
    ring.keys();
    await withStore(config, async (store) => {
      if (newKey) process.stdout.write(`Added key ${await addKey(config.keyRing!)}\n`);
      // Read again, because the open ring may be a second old.
      const keys = openKeyRing(config.keyRing).keys();
      const old = { key: { $ne: keys.current } };
      const sealed = sealedWithOlder(keys);
      const count = await store.logins.countDocuments(old);
      const pages = await store.bodies.countDocuments(sealed);
      const entry = { by, action: 'rotate' as const, ...(why ? { why } : {}) };
      await putAudit(store, { ...entry, count, collection: 'logins' });
      await putAudit(store, { ...entry, count: pages, collection: 'bodies' });
      let done = 0;
      let resealed = 0;
      const progress = (what: string) => process.stderr.isTTY && process.stderr.write(`\r${what} `);
      const loginProgress = (now: number) => progress(`${done + now} of ${count} logins`);
      const pageProgress = (now: number) => progress(`${resealed + now} of ${pages} pages`);
      const idOnly = { projection: { _id: 1 } };
      do {
        done += await rotateLogins(store, keys, { onBatch: loginProgress });
        // After this delay every worker has read the new ring, has stored the values that it masked with the old key, and can
        // open pages that are sealed with the new key.
        await setTimeout(ROTATION_DELAY);
        resealed += await withRawLease(store, 'rollcall mask rotate', (lease) =>
          resealBodies(store, keys, { onBatch: pageProgress, lease }),
        );
      } while ((await store.logins.findOne(old, idOnly)) ?? (await store.bodies.findOne(sealed, idOnly)));
      process.stdout.write(`${done} logins are masked with key ${keys.current} now\n`);
      process.stdout.write(`${resealed} pages are sealed with key ${keys.current} now\n`);
      if (config.loginsPostgres === undefined) return;
      const written = await remaskPostgres(store, config.loginsPostgres);
      process.stdout.write(`${written} logins are in PostgreSQL with these masks\n`);
    });
  });

const removeCommand = new Command('remove')
  .description('take an old key out of the ring, once no login and no sealed page needs it')
  .argument('<id>', 'a key, as `mask status` shows it')
  .action(async (id: string) => {
    const config = loadConfig();
    const keys = openKeyRing(config.keyRing).keys();
    // removeKey itself rejects a key that is current or missing.
    if (keys.has(id) && id !== keys.current)
      await withStore(config, async (store) => {
        await rejectIfNeeded(store, id, config.loginsPostgres);
        // A worker that has not read the last rotation yet may still write with this key.
        await setTimeout(ROTATION_DELAY);
        await rejectIfNeeded(store, id, config.loginsPostgres);
      });
    await removeKey(config.keyRing!, id);
    process.stdout.write(
      `Removed key ${id}. Copies of the key ring still hold it; older backups of the database need it\n`,
    );
  });

/** Throws `Failure` when logins, sealed pages or PostgreSQL rows need this key. */
async function rejectIfNeeded(store: Store, key: string, postgres: string | undefined): Promise<void> {
  const logins = await store.logins.countDocuments({ key });
  const pages = await store.bodies.countDocuments({ key });
  const rows = postgres === undefined ? 0 : await rowsOf(postgres, key);
  if (logins + pages + rows === 0) return;
  const also = postgres === undefined ? '' : ` and ${rows} rows of PostgreSQL`;
  throw new Failure('settings-invalid', `Key ${key} is needed by ${logins} logins and ${pages} sealed pages${also}`, {
    remedy: '`npm run rollcall -- mask rotate --no-new-key` moves them to the current key',
  });
}

async function rowsOf(postgres: string, key: string): Promise<number> {
  const output = openUserLogins(postgres);
  try {
    return await output.countOf(key);
  } finally {
    await output.close();
  }
}

export const maskCommand = new Command('mask')
  .description('the keys that personal data is masked with')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- mask new /etc/rollcall/keys.json\n  npm run rollcall -- mask rotate',
  )
  .addCommand(newCommand)
  .addCommand(statusCommand)
  .addCommand(rotateCommand)
  .addCommand(removeCommand);

/** Applies the top command's settings, so that its subcommands throw instead of exiting. */
for (const command of maskCommand.commands) command.exitOverride();

/** Rejects a blank reason. */
export function reason(why: string): string {
  const text = why.trim();
  if (text === '')
    throw new Failure('settings-invalid', '--why is empty', { remedy: 'Give a reason, for the audit entry' });
  return text;
}
