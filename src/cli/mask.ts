import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command } from 'commander';
import { loadConfig, type Config } from '../config.js';
import { Failure } from '../failure.js';
import { addKey, createKeyRing, fingerprintOf, openKeyRing } from '../privacy/key-ring.js';
import { putAudit } from '../store/audit.js';
import { openStore, type Store } from '../store/database.js';
import { rotateLogins } from '../store/logins.js';

/** Workers look at their key ring once a second, milliseconds. */
const SETTLE = 2_000;

export const user = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container's user need not have a name
  }
};

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
      const used = [...(await store.logins.distinct('key')), ...(await store.bodies.distinct('key'))];
      const ids = [...new Set([...keys.ids, ...used.filter((key) => key !== undefined)])];
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
  .description('add a key to the ring, make it the current one, and mask every login with it')
  .option('--no-new-key', 'add none: finish a rotation that was cut short')
  .option('--why <text>', 'why, for whoever reads the audit entry')
  .option('--by <name>', 'who rotates', user())
  .action(async ({ newKey, by, why }: { newKey: boolean; by: string; why?: string }) => {
    const config = loadConfig();
    const ring = openKeyRing(config.keyRing);
    ring.keys();
    await withStore(config, async (store) => {
      if (newKey) process.stdout.write(`Added key ${await addKey(config.keyRing!)}\n`);
      // Read afresh: the ring that is open may be a second old.
      const keys = openKeyRing(config.keyRing).keys();
      const old = { key: { $ne: keys.current } };
      const count = await store.logins.countDocuments(old);
      await putAudit(store, { by, action: 'rotate', count, collection: 'logins', ...(why ? { why } : {}) });
      let done = 0;
      const tell = (now: number) => process.stderr.isTTY && process.stderr.write(`\r${done + now} of ${count} `);
      do {
        done += await rotateLogins(store, keys, { onBatch: tell });
        // Until then every worker has seen that its key ring changed, and has stored what it masked before.
        await setTimeout(SETTLE);
      } while ((await store.logins.findOne(old, { projection: { _id: 1 } })) !== null);
      process.stdout.write(`${done} logins are masked with key ${keys.current} now\n`);
    });
  });

export const maskCommand = new Command('mask')
  .description('the keys that personal data is masked with')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- mask new /etc/rollcall/keys.json\n  npm run rollcall -- mask rotate',
  )
  .addCommand(newCommand)
  .addCommand(statusCommand)
  .addCommand(rotateCommand);

/** As the top command is told to, its own commands throw instead of ending the process. */
for (const command of maskCommand.commands) command.exitOverride();

/** Refuses a reason that is only blanks. */
export function reason(why: string): string {
  const text = why.trim();
  if (text === '') throw new Failure('settings-invalid', '--why is empty', { remedy: 'Say why, for the audit entry' });
  return text;
}

export async function withStore(config: Config, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore(config.mongodb);
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
