import { number } from '../../../format/number.js';
import { Command } from 'commander';
import type { Client } from '@temporalio/client';
import { openClient } from '../../../client.js';
import { loadConfig, type Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import type { Store } from '../../../store/database.js';
import {
  confirmRetirement,
  unconfirmedRetirements,
  latestListing,
  previewRetirement,
  type UnconfirmedRetirement,
  type RetirementPreview,
} from '../../../merge/unconfirmed-retirements.js';
import { countLiveHosts } from '../../../store/collections/hosts.js';
import { askYes } from '../../shared/confirm.js';
import { mergeNow } from '../../shared/merge-now.js';
import { user } from '../../shared/person.js';
import { printable } from '../../../format/printable.js';
import { minute } from '../../../format/time.js';
import { isOpen, openSources } from '../../shared/open-workflows.js';
import { withStore } from '../../shared/with-store.js';
import { knownSource } from './known-source.js';
import { runOf } from '../../shared/run-of.js';

interface Options {
  source?: string;
  yes?: boolean;
  by: string;
  json?: boolean;
}

/** The result of confirming one listing. */
interface Confirmed extends RetirementPreview {
  source: string;
  run: string;
  /** `declined`: the user declined, and nothing was done. */
  outcome: 'confirmed' | 'declined' | 'already';
  /** Records that the listing retired. */
  gone?: number;
}

/** Maximum number of hosts that the preview names; it only counts the others. */
const NAMED = 20;

export const confirmCommand = new Command('confirm')
  .description(
    'retire records that a complete listing lacked and that await confirmation, because the listing shrank too much or changed ' +
      'while it was read: shows the hosts that would be retired, and asks',
  )
  .argument('[run]', 'its id or the beginning of it; without one, the last complete run of each source')
  .option('--source <name>', 'this source alone')
  .option('--yes', 'do not ask')
  .option('--by <name>', 'who confirms', user())
  .option('--json', 'print what was done as one JSON object a source (with --yes)')
  .addHelpText(
    'after',
    '\nNo request is sent to the vendor. Where a later run has read the source, that run decides.' +
      '\n\nExamples:\n  npm run rollcall -- runs confirm --source qualys\n  npm run rollcall -- runs confirm 20261121 --yes',
  )
  .action(async (prefix: string | undefined, options: Options) => {
    const config = loadConfig();
    await withStore(config, async (store) => {
      if (options.source !== undefined) await knownSource(store, config, options.source);
      const run = prefix === undefined ? undefined : await runOf(store, prefix);
      const listings = (await unconfirmedRetirements(store, run)).filter(
        ({ source }) => options.source === undefined || source === options.source,
      );
      if (listings.length === 0) throw nothingToConfirm(run?._id, options.source);
      const client = await openClient(config.temporal);
      try {
        for (const listing of listings) printResult(await confirm(store, client, config, listing, options), options);
      } finally {
        await client.connection.close();
      }
    });
  });

async function confirm(
  store: Store,
  client: Client,
  config: Config,
  listing: UnconfirmedRetirement,
  { yes, by }: Options,
): Promise<Confirmed> {
  const { source, run, account } = listing;
  if (account.unconfirmed === undefined) {
    const { confirmed, gone } = account;
    process.stderr.write(`${source}: confirmed already, by ${printable(confirmed!.by)}, ${minute(confirmed!.at)}\n`);
    await merge(store); // in case the earlier merge was interrupted
    return { source, run, outcome: 'already', records: 0, hosts: 0, first: [], gone };
  }
  await rejectIfRunning(store, client, config, listing);
  await latestListing(store, listing);
  const preview = await previewRetirement(store, listing, NAMED);
  for (const line of previewLines(listing, preview)) process.stderr.write(`${line}\n`);
  if (!yes && !(await askYes('Retire them?'))) return { source, run, outcome: 'declined', ...preview };
  // Checked again, because the user may have taken a while to confirm.
  await rejectIfRunning(store, client, config, listing);
  const gone = await confirmRetirement(store, listing, by);
  await merge(store);
  const hosts = await countLiveHosts(store);
  process.stderr.write(`${number(hosts)} hosts are listed now\n`);
  return { source, run, outcome: 'confirmed', ...preview, gone };
}

async function merge(store: Store): Promise<void> {
  const shown = process.stderr.isTTY;
  let merged = 0;
  await mergeNow(store, 'rollcall runs confirm', (sum) => {
    merged = sum.records;
    if (shown) process.stderr.write(`\r${number(merged)} records merged`);
  });
  if (shown && merged > 0) process.stderr.write('\n');
}

/**
 * Throws `Failure` while the source is being collected: that run itself decides which records to retire, and writes the account
 * at its end.
 */
async function rejectIfRunning(
  store: Store,
  client: Client,
  config: Config,
  { source, run }: UnconfirmedRetirement,
): Promise<void> {
  const [open] = await openSources(client, config, [source]);
  const collected = open !== undefined && open.progress?.state !== 'parked';
  const doc = await store.runs.findOne({ _id: run }, { projection: { workflow_id: 1, ended_at: 1 } });
  const running = doc !== null && !doc.ended_at && (await isOpen(client, doc));
  if (!collected && !running) return;
  const what = collected ? `${source} is being collected right now` : `Run ${run} is still under way`;
  throw new Failure('settings-invalid', what, { source, remedy: 'Wait for its end: npm run rollcall -- status' });
}

function nothingToConfirm(run: string | undefined, source: string | undefined): Failure {
  const where = [...(source ? [` of ${source}`] : []), ...(run ? [` in run ${run}`] : [])].join('');
  return new Failure('settings-invalid', `No retirement awaits confirmation${where}`, {
    ...(source ? { source } : {}),
    remedy: run
      ? `npm run rollcall -- runs show ${run} shows its result`
      : 'npm run rollcall -- status shows the result of each source',
  });
}

function* previewLines(
  { source, run, account }: UnconfirmedRetirement,
  { records, hosts, first }: RetirementPreview,
): Iterable<string> {
  yield `${source}, run ${run}: ${printable(account.reason ?? 'records are missing')}`;
  yield `${number(records)} records would be gone, and ${number(hosts)} hosts retired, which no other source lists${hosts > 0 ? ':' : ''}`;
  for (const { id, name, ip } of first)
    yield `  ${printable([name ?? 'without a name', ip, id].filter(Boolean).join('  '))}`;
  if (hosts > first.length) yield `  and ${number(hosts - first.length)} more`;
}

function printResult(done: Confirmed, { json }: Options): void {
  const { source, run, outcome, gone = 0 } = done;
  if (json) process.stdout.write(`${JSON.stringify(done)}\n`);
  else if (outcome === 'confirmed') process.stdout.write(`${source}: ${number(gone)} records of run ${run} are gone\n`);
  else if (outcome === 'declined') process.stdout.write(`${source}: nothing was retired\n`);
}
