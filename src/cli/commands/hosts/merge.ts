import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { hasLargeHeapFlags, largeHeapFlags } from '../../../system/large-heap.js';
import { denyListsOf } from '../../../host/canonical/deny-lists/index.js';
import { printable } from '../../../format/printable.js';
import { openStore, type Store } from '../../../store/database.js';
import { previewMerge, reResolveAll, type Preview } from '../../../merge/re-resolve.js';
import { countAside, recordsAside, retryAside } from '../../../merge/set-aside.js';
import { EXIT } from '../../shared/exit.js';
import { mergeNow } from '../../shared/merge-now.js';
import { minute } from '../../../format/time.js';

interface Options {
  dryRun?: boolean;
  setAside?: boolean;
  retry?: boolean;
  json?: boolean;
}

/** Maximum number of merges and of splits that the preview names; it only counts the others. */
const NAMED = 20;
const MOST_LISTED = 1_000;

export const mergeCommand = new Command('merge')
  .description('resolve all stored records anew, after a rule or a list has changed: no request is sent to vendors')
  .option('--dry-run', 'show which hosts would merge and split, and write nothing')
  .option('--set-aside', 'list the records that could not be merged, and why; nothing is merged')
  .option('--retry', 'merge those again, and nothing else')
  .option('--json', 'print the result as one JSON object')
  .action(async (options: Options) => {
    if (options.dryRun && !hasLargeHeapFlags()) {
      const again = [...process.execArgv, ...largeHeapFlags(), ...process.argv.slice(1)];
      process.exitCode = spawnSync(process.execPath, again, { stdio: 'inherit' }).status ?? 1;
      return;
    }
    const config = loadConfig();
    const store = await openStore(config.mongodb);
    try {
      if (options.setAside) return await listAside(store, options);
      if (options.retry) return await retry(store, options);
      const denyLists = denyListsOf(config.denyLists);
      if (options.dryRun) {
        const preview = await previewMerge(store, denyLists);
        process.stdout.write(options.json ? `${JSON.stringify(preview)}\n` : `${textOf(preview)}\n`);
        return;
      }
      const rekeyed = await reResolveAll(store, denyLists);
      const onBatch = ({ records }: { records: number }) => process.stderr.write(`\r${records} records merged`);
      const { more: _more, ...merged } = await mergeNow(
        store,
        'rollcall merge',
        process.stderr.isTTY ? onBatch : undefined,
      );
      const { records, created, changed, removed } = merged;
      const text = `${records} records resolved, ${rekeyed} of them with other keys: ${created} hosts new, ${changed} changed, ${removed} merged into other hosts`;
      process.stdout.write(`${options.json ? JSON.stringify({ rekeyed, ...merged }) : text}\n`);
    } finally {
      await store.close();
    }
  });

async function listAside(store: Store, { json }: Options): Promise<void> {
  const aside = await recordsAside(store, MOST_LISTED);
  for (const one of aside) {
    const { record, at, run, error } = one;
    const text = printable(`${record}  ${minute(at)}  ${error}  (${run})`);
    process.stdout.write(`${json ? JSON.stringify(one) : text}\n`);
  }
  const count = await countAside(store);
  if (count > aside.length) process.stderr.write(`The first ${aside.length} of ${count}\n`);
  if (count === 0 && !json) process.stdout.write('No record is set aside\n');
  if (count > 0) process.exitCode = EXIT.incomplete;
}

async function retry(store: Store, { json }: Options): Promise<void> {
  const tried = await retryAside(store);
  const { records, aside } = await mergeNow(store, 'rollcall merge --retry');
  const result = { tried, records, aside };
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${tried} records tried again, ${records} merged\n`);
}

function textOf({ records, rekeyed, hosts, merged, split }: Preview): string {
  const some = <T>(entries: readonly T[], line: (entry: T) => string) => [
    ...entries.slice(0, NAMED).map((entry) => `  ${line(entry)}`),
    ...(entries.length > NAMED ? [`  and ${entries.length - NAMED} more`] : []),
  ];
  return [
    `${records} records, ${rekeyed} of them would get other keys; ${hosts.before} hosts would be ${hosts.after}`,
    `${merged.length} merges`,
    ...some(merged, (entry) => `${entry.hosts.join(' + ')} → ${entry.into}`),
    `${split.length} splits`,
    ...some(split, ({ host, into }) => `${host} → ${into.join(' + ')}`),
  ].join('\n');
}
