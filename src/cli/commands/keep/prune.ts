import { Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../../../config.js';
import { loadSources } from '../../../sources/loading/registry.js';
import { pruneRaw } from '../../../operations/prune/prune.js';
import type { Pruned } from '../../../operations/prune/pruned.js';
import { withRawLease } from '../../../store/raw-lease.js';
import { bytesText } from '../../../format/bytes.js';
import { withStore } from '../../shared/with-store.js';

interface Options {
  days?: number;
  dryRun?: boolean;
  json?: boolean;
}

export const pruneCommand = new Command('prune')
  .description('remove raw pages that are old and that no record, no quarantined row and no replay needs')
  .option('--days <n>', 'older than this; without it ROLLCALL_RAW_KEEP_DAYS (90)', days)
  .option('--dry-run', 'only count')
  .option('--json', 'print the counts as one JSON object')
  .addHelpText(
    'after',
    `
Kept at any age: the pages of each source's last complete run, of runs that have not ended, and pages with the content of a
listed record or of a row in quarantine. A later call removes the bodies, an hour from now or more: a worker may be about to
use one again.

Examples:
  npm run rollcall -- prune --dry-run
  npm run rollcall -- prune --days 30`,
  )
  .action(async ({ days: given, dryRun = false, json }: Options) => {
    const config = loadConfig();
    const sources = loadSources({ folders: config.sourceFolders });
    const keepDays = given ?? config.rawKeepDays;
    await withStore(config, async (store) => {
      const pruned = dryRun
        ? await pruneRaw(store, sources, { keepDays, dryRun, orphans: true })
        : await withRawLease(store, 'rollcall prune', (lease) =>
            pruneRaw(store, sources, { keepDays, orphans: true, lease }),
          );
      const text = json ? JSON.stringify({ keepDays, dryRun, ...pruned }) : textOf(pruned, keepDays, dryRun);
      process.stdout.write(`${text}\n`);
    });
  });

function textOf({ pages, unused, bodies, bytes }: Pruned, keepDays: number, dryRun: boolean): string {
  const old = `older than ${keepDays} days that nothing needs`;
  if (dryRun) return `${pages} pages are ${old}; ${unused} bodies would be left without a page`;
  return [
    `${pages} pages ${old} are removed`,
    `${bodies} bodies are removed: ${bytesText(bytes)}`,
    `${unused} more bodies are without a page now; prune removes them in an hour or later`,
  ].join('\n');
}

function days(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('Give a number of days, 1 or more.');
}
