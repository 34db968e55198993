import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadConfig, type Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { redactingOf } from '../../../operations/erase/rows.js';
import { openNormalizerContext } from '../../../normalize/context.js';
import { openUserLogins } from '../../../outputs/user-logins.js';
import { loadSources } from '../../../sources/loading/registry.js';
import { erase, type Erased } from '../../../operations/erase/erase.js';
import { subjectOf, type ErasureTarget, type Subject } from '../../../operations/erase/subject.js';
import { ASIDE_REMEDY } from '../../../merge/set-aside.js';
import type { Store } from '../../../store/database.js';
import { confirmed } from '../../shared/confirm.js';
import { EXIT } from '../../shared/exit.js';
import { lookUp } from '../hosts/host.js';
import { reason } from './mask.js';
import { user as person } from '../../shared/person.js';
import { withStore } from '../../shared/with-store.js';

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
  .option('--host <host>', 'a host with all its records: its id, a record id or a hostname')
  .option('--record <id>', 'one record (source:native id); a host that has others stays, without it')
  .option('--user <id>', 'all logins of a user_id, in PostgreSQL too')
  .requiredOption('--why <text>', 'why, for the audit entry, which is kept: do not name the person')
  .option('--by <name>', 'who erases', person())
  .option('--dry-run', 'only count')
  .option('--yes', 'do not ask')
  .option('--json', 'print the counts as one JSON object')
  .addHelpText(
    'after',
    `
It cannot be taken back. The next run stores a record again if its source still lists it: remove it from the source first.

Examples:
  npm run rollcall -- erase --host h00f1fff12046b932b507 --why "request 17" --dry-run
  npm run rollcall -- erase --user u-4711 --why "request 18"`,
  )
  .action(async (options: Options) => {
    const target = targetOf(options);
    const why = reason(options.why);
    const config = loadConfig();
    const sources = loadSources({ folders: config.sourceFolders });
    await withStore(config, async (store) => {
      const subject = await subjectOf(store, await identified(store, target));
      const redacting = redactingOf(subject, openNormalizerContext(config, store, sources));
      const work = (dryRun: boolean) => erase(store, subject, redacting, { by: options.by, why, dryRun });
      const planned = await work(true);
      if (isNothing(planned) && !(await isInPostgres(config, options.user))) throw unknown(target);
      if (!options.dryRun) {
        process.stderr.write(`${textOf(planned, subject, true)}\n`);
        await confirmed('Erase this? It cannot be taken back.', options.yes);
      }
      const erased = options.dryRun ? planned : await work(false);
      const rows = options.dryRun ? undefined : await fromPostgres(config, options.user);
      if (erased.aside) {
        process.stderr.write(`${notMerged(erased.aside)}\n`);
        process.exitCode = EXIT.incomplete;
      }
      const reports = reportsOf(config);
      const which = options.host === undefined ? {} : { host: subject.hosts[0] };
      const counts = {
        dryRun: options.dryRun ?? false,
        ...which,
        ...erased,
        ...(rows === undefined ? {} : { postgres: rows }),
      };
      if (options.json) process.stdout.write(`${JSON.stringify({ ...counts, reports })}\n`);
      else process.stdout.write(`${[textOf(erased, subject, options.dryRun), ...after(rows, reports)].join('\n')}\n`);
    });
  });

function targetOf({ host, record, user }: Options): ErasureTarget {
  const given = [host !== undefined && { host }, record !== undefined && { record }, user !== undefined && { user }];
  const [target, ...others] = given.filter((one) => one !== false);
  if (target && others.length === 0) return target;
  throw new Failure('settings-invalid', 'Name one of --host, --record and --user', {
    remedy: 'rollcall erase --help shows examples',
  });
}

/** Resolves a host's name to its id, like `rollcall host`. */
async function identified(store: Store, target: ErasureTarget): Promise<ErasureTarget> {
  return 'host' in target ? { host: (await lookUp(store, target.host))._id } : target;
}

const isNothing = ({ records, logins, hosts, remaining, quarantined, decisions, rows }: Erased) =>
  records + logins + hosts + remaining + quarantined + decisions + rows === 0;

function unknown(target: ErasureTarget): Failure {
  if ('user' in target)
    return new Failure('settings-invalid', `There is no such user: ${target.user}`, {
      remedy: 'Give a user_id as it is in the logins: nothing was erased',
    });
  return new Failure('settings-invalid', `There is no record ${'record' in target ? target.record : target.host}`, {
    remedy: 'Give it as source:native id; `rollcall host NAME` shows the records of a host: nothing was erased',
  });
}

/** Whether PostgreSQL has logins of the user. An earlier call may have erased everything except these rows. */
async function isInPostgres({ loginsPostgres }: Config, user: string | undefined): Promise<boolean> {
  if (loginsPostgres === undefined || user === undefined) return false;
  const output = openUserLogins(loginsPostgres);
  try {
    return (await output.countOfUser(user)) > 0;
  } finally {
    await output.close();
  }
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

const notMerged = (count: number) =>
  `${of(count, 'record')} could not be merged without it, so hosts may still show its values: ${ASIDE_REMEDY}`;

/** The report folders: their files may contain the host's name. */
function reportsOf({ reportDir }: Config): string[] {
  try {
    return readdirSync(reportDir)
      .filter((name) => /^\d{4}-\d{2}-\d{2}/.test(name))
      .map((name) => join(reportDir, name));
  } catch {
    return [];
  }
}

function textOf(erased: Erased, { user, hosts: ids }: Subject, dryRun = false): string {
  const { rows, pages, records, logins, hosts, remaining, quarantined, decisions, changes } = erased;
  const named = hosts > 0 && ids.length > 0 ? ` (${ids.join(', ')})` : '';
  const what = user === undefined ? `${of(records, 'record')}, ${of(hosts, 'host')}${named}` : of(logins, 'login');
  const stays = remaining > 0 ? `, ${of(remaining, 'host')} left with other records` : '';
  const rest = `${of(quarantined, 'row')} in quarantine, ${of(decisions, 'decision')}, ${changes} of history`;
  return `${dryRun ? 'Would be erased' : 'Erased'}: ${what}${stays}, ${rest}, ${of(rows, 'row')} in ${of(pages, 'raw page')}`;
}

const of = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

function* after(rows: number | undefined, reports: readonly string[]): Iterable<string> {
  if (rows !== undefined) yield `PostgreSQL: ${rows} rows`;
  yield 'The next run stores a record again if its source still lists it: remove it from the source before that run.';
  yield 'Not erased: backups, exports, copies of reports, and the oplog of MongoDB until it has rolled over.';
  if (reports.length > 0) yield `Delete these, then write today's again (rollcall report): ${reports.join(' ')}`;
}
