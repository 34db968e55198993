import { Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../../../config.js';
import { EVENT_KINDS, recentEvents, type EventKind, type HostEvent } from '../../../search/recent-events.js';
import { colours as pc } from '../../../format/colours.js';
import { lookUp } from './host.js';
import { happened } from './history.js';
import { printable } from '../../../format/printable.js';
import { prepareSearchIndexes } from '../../shared/prepare-search.js';
import { since } from '../../shared/since.js';
import { withStore } from '../../shared/with-store.js';

interface Options {
  since: Date;
  kind?: EventKind[];
  host?: string;
  limit: number;
  json?: boolean;
}

const LIMIT = 50;
const MAX_TIME_MS = 30_000;
/** A change may cover a hundred fields; the output is cut to this many characters. */
const SHOWN = 300;

export const changesCommand = new Command('changes')
  .description('what happened to hosts lately: new, changed, merged, split, retired, returned; the latest first')
  .addOption(new Option('--since <time>', '30m, 12h, 7d or a date').argParser(since).default(since('7d'), '7d'))
  .addOption(new Option('--kind <kind...>', 'only of these kinds').choices(EVENT_KINDS))
  .option('--host <host>', 'of one host: its id, a record id or a hostname')
  .option('--limit <n>', 'show so many', count, LIMIT)
  .option('--json', 'one JSON object a line')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- changes --since 1d\n  npm run rollcall -- changes --kind merged split --since 30d\n' +
      '  npm run rollcall -- changes --host web-01 --json',
  )
  .action(async ({ since: from, kind, host: name, limit, json }: Options) => {
    await withStore(loadConfig(), async (store) => {
      const host = name === undefined ? undefined : (await lookUp(store, name))._id;
      await prepareSearchIndexes(store);
      const events = await recentEvents(store, {
        since: from,
        limit,
        maxTimeMs: MAX_TIME_MS,
        ...(kind ? { kinds: kind } : {}),
        ...(host === undefined ? {} : { host }),
      });
      for (const event of events) process.stdout.write(`${json ? JSON.stringify(event) : lineOf(event)}\n`);
      if (json) return;
      if (events.length === 0) process.stderr.write(`Nothing happened since ${from.toISOString()}\n`);
      if (events.length === limit) process.stderr.write(`The latest ${limit}: --limit shows more\n`);
    });
  });

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number above zero.');
  return value;
}

function lineOf(event: HostEvent): string {
  const { host, hostname, at, run, kind } = event;
  const text = kind === 'created' ? 'is new' : happened({ ...event, kind });
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)} …` : text;
  const when = at.toISOString().slice(0, 16).replace('T', ' ');
  const who = hostname === undefined ? host : `${pc.bold(printable(hostname))} ${host}`;
  return `${when}  ${kind.padEnd(8)}  ${who}  ${shown}  ${pc.dim(`(${printable(run)})`)}`;
}
