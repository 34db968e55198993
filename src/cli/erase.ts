import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadConfig, type Config } from '../config.js';
import { Failure } from '../failure.js';
import { blottingOf } from '../normalizer/erase-rows.js';
import { openReading } from '../normalizer/reading.js';
import { openUserLogins } from '../outputs/user-logins.js';
import { loadSources } from '../sources/index.js';
import { erase, type Erased } from '../store/erase.js';
import { subjectOf, type Asked, type Subject } from '../store/erase-subject.js';
import { confirmed } from './confirm.js';
import { reason } from './mask.js';
import { user as person } from './person.js';
import { withStore } from './with-store.js';

interface Options {
  host?: string;
  record?: string;
  user?: string;
  why: string;
  by: string;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

export const eraseCommand = new Command('erase')
  .description('remove one machine, one record or one user from raw pages, records, hosts, history and logins')
  .option('--host <id>', 'a host with all its records, by its id')
  .option('--record <id>', 'one record (source:native id); a host that has others stays, without it')
  .option('--user <id>', 'all logins of a user_id, in PostgreSQL too')
  .requiredOption('--why <text>', 'why, for the audit entry, which is kept: name nobody in it')
  .option('--by <name>', 'who erases', person())
  .option('--dry-run', 'only count')
  .option('--yes', 'do not ask')
  .option('--json', 'print the counts as one JSON object')
  .addHelpText(
    'after',
    `
It cannot be taken back. What a source still lists comes back with its next run: have it removed there first.

Examples:
  npm run rollcall -- erase --host h00f1fff12046b932b507 --why "request 17" --dry-run
  npm run rollcall -- erase --user u-4711 --why "request 18"`,
  )
  .action(async (options: Options) => {
    const asked = askedOf(options);
    const why = reason(options.why);
    const config = loadConfig();
    const sources = loadSources({ folders: config.sourceFolders });
    await withStore(config, async (store) => {
      const subject = await subjectOf(store, asked);
      const blotting = blottingOf(subject, openReading(config, store, sources));
      const work = (dryRun: boolean) => erase(store, subject, blotting, { by: options.by, why, dryRun });
      const planned = await work(true);
      if (!options.dryRun) {
        process.stderr.write(`${told(planned, subject, true)}\n`);
        await confirmed('Erase this? It cannot be taken back.', options.yes);
      }
      const erased = options.dryRun ? planned : await work(false);
      const rows = options.dryRun ? undefined : await fromPostgres(config, options.user);
      const reports = reportsOf(config);
      const counts = { dryRun: options.dryRun ?? false, ...erased, ...(rows === undefined ? {} : { postgres: rows }) };
      if (options.json) process.stdout.write(`${JSON.stringify({ ...counts, reports })}\n`);
      else process.stdout.write(`${[told(erased, subject, options.dryRun), ...after(rows, reports)].join('\n')}\n`);
    });
  });

function askedOf({ host, record, user }: Options): Asked {
  const given = [host !== undefined && { host }, record !== undefined && { record }, user !== undefined && { user }];
  const [asked, ...others] = given.filter((one) => one !== false);
  if (asked && others.length === 0) return asked;
  throw new Failure('settings-invalid', 'Name one of --host, --record and --user', {
    remedy: 'rollcall erase --help shows examples',
  });
}

async function fromPostgres({ loginsPostgres }: Config, user: string | undefined): Promise<number | undefined> {
  if (loginsPostgres === undefined || user === undefined) return undefined;
  const output = openUserLogins(loginsPostgres);
  try {
    return await output.erase(user);
  } finally {
    await output.close();
  }
}

/** Folders of reports, which may name it. */
function reportsOf({ reportDir }: Config): string[] {
  try {
    return readdirSync(reportDir)
      .filter((name) => /^\d{4}-\d{2}-\d{2}/.test(name))
      .map((name) => join(reportDir, name));
  } catch {
    return [];
  }
}

function told(erased: Erased, { user }: Subject, dryRun = false): string {
  const { rows, pages, records, logins, hosts, remaining, quarantined, decisions, changes } = erased;
  const what = user === undefined ? `${of(records, 'record')}, ${of(hosts, 'host')}` : of(logins, 'login');
  const stays = remaining > 0 ? `, ${of(remaining, 'host')} left with other records` : '';
  const rest = `${of(quarantined, 'row')} in quarantine, ${of(decisions, 'decision')}, ${changes} of history`;
  return `${dryRun ? 'Would be erased' : 'Erased'}: ${what}${stays}, ${rest}, ${of(rows, 'row')} in ${of(pages, 'raw page')}`;
}

const of = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

function* after(rows: number | undefined, reports: readonly string[]): Iterable<string> {
  if (rows !== undefined) yield `PostgreSQL: ${rows} rows`;
  yield 'A source that still lists it brings it back with its next run.';
  yield 'Not reached: backups, exports, copies of reports, and the oplog of MongoDB until it has rolled over.';
  if (reports.length > 0) yield `Delete these, then write today's again (rollcall report): ${reports.join(' ')}`;
}
