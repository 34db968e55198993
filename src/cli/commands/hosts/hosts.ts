import { once } from 'node:events';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../../../config.js';
import type { Store } from '../../../store/database.js';
import { searchHosts, type HostRow } from '../../../search/search.js';
import type { HostQuery } from '../../../search/query.js';
import { ago } from '../../../format/ago.js';
import { colours as pc } from '../../../format/colours.js';
import { printable } from '../../../format/printable.js';
import { prepareSearchIndexes } from '../../shared/prepare-search.js';
import { withStore } from '../../shared/with-store.js';

interface Options extends Omit<HostQuery, 'text' | 'staleDays'> {
  stale?: number;
  limit: number;
  all?: boolean;
  json?: boolean;
}

const LIMIT = 50;
/** Hosts per query. */
const PAGE = 500;
/** Time limit of a query, milliseconds: a user waits at a terminal. */
const MAX_TIME_MS = 30_000;

export const hostsCommand = new Command('hosts')
  .description(
    'find hosts: those with a name, address, MAC, serial number or id that begins with a text, and by filters',
  )
  .argument('[query]', 'the beginning of a hostname, IP, MAC, serial number, cloud instance id, host id or record id')
  .option('--source <name>', 'a source that lists it')
  .option('--lacks <source>', 'a source that does not list it')
  .option('--agent <name>', 'an agent that it has')
  .option('--os <name>', 'its operating system (device.os.name)')
  .option('--type <type>', 'what it is: Server, Desktop, Laptop, Virtual, …')
  .option('--provider <name>', 'its cloud: aws, azure, gcp, …')
  .option('--account <id>', 'its cloud account')
  .option('--region <name>', 'its cloud region')
  .option('--status <status>', 'its state, in the spelling of its source')
  .option('--stale <days>', 'not seen for so many days', count)
  .option('--retired', 'those that no source lists any more, instead of the others')
  .option('--limit <n>', 'show so many', count, LIMIT)
  .option('--all', 'show all of them')
  .option('--json', 'one JSON object a line')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- hosts web-0\n  npm run rollcall -- hosts 10.3.34.\n' +
      '  npm run rollcall -- hosts 00-50-56-8a\n  npm run rollcall -- hosts --source qualys --lacks crowdstrike\n' +
      '  npm run rollcall -- hosts --stale 30 --all --json > stale.jsonl',
  )
  .action(async (text: string | undefined, { stale, limit, all, json, ...filters }: Options) => {
    const query = {
      ...filters,
      ...(text === undefined ? {} : { text }),
      ...(stale === undefined ? {} : { staleDays: stale }),
    };
    await withStore(loadConfig(), async (store) => {
      await prepareSearchIndexes(store);
      const most = all ? Infinity : limit;
      if (json) await printLines(store, query, most);
      else await printTable(store, query, most);
    });
  });

/** Parses a whole number, 1 or more. For `.option()`. */
function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number above zero.');
  return value;
}

/** Reads page after page, up to `most` hosts; returns whether there are more. */
async function* pages(store: Store, query: HostQuery, most: number): AsyncGenerator<HostRow[], boolean> {
  let after: string | undefined;
  for (let left = most; left > 0;) {
    const page = await searchHosts(store, query, {
      limit: Math.min(PAGE, left),
      maxTimeMs: MAX_TIME_MS,
      ...(after === undefined ? {} : { after }),
    });
    yield page.hosts;
    left -= page.hosts.length;
    after = page.after;
    if (after === undefined) return false;
  }
  return true;
}

async function printLines(store: Store, query: HostQuery, most: number): Promise<void> {
  for await (const hosts of pages(store, query, most)) {
    const text = hosts.map((host) => `${JSON.stringify(host)}\n`).join('');
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}

async function printTable(store: Store, query: HostQuery, most: number): Promise<void> {
  const table = new Table({
    head: ['host', 'ip', 'operating system', 'type', 'sources', 'seen', 'id'],
    style: { head: pc.isColorSupported ? ['bold'] : [], border: [] },
    // No lines between the rows, because the table may have fifty rows.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  const found = pages(store, query, most);
  let page = await found.next();
  for (; !page.done; page = await found.next()) for (const host of page.value) table.push(cells(host));
  if (table.length === 0) {
    process.stderr.write('No hosts match\n');
    return;
  }
  process.stdout.write(`${table.toString()}\n`);
  if (page.value) process.stderr.write(`The first ${table.length}: --limit or --all shows more\n`);
  process.stderr.write('npm run rollcall -- host ID shows one\n');
}

function cells({ _id, hostname, ip, os, type, provider, sources, last_seen, retired }: HostRow): string[] {
  const kind = [type, provider].filter(Boolean).join(', ');
  const seen = retired ? `${ago(last_seen)}, retired` : ago(last_seen);
  return [hostname ?? '', ip ?? '', os ?? '', kind, sources.join(', '), seen, _id].map(printable);
}
