import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { hasHeapForAll, heapForAll } from '../heap.js';
import { junkOf } from '../host/junk.js';
import { openStore } from '../store/database.js';
import { mergeChanged } from '../store/drain.js';
import { previewMerge, reclaimAll, type Preview } from '../store/reclaim.js';

interface Options {
  dryRun?: boolean;
  json?: boolean;
}

/** How many hosts of a kind are named before the rest is only counted. */
const NAMED = 20;

export const mergeCommand = new Command('merge')
  .description('resolve all stored records anew, after a rule or a list has changed: no vendor is asked')
  .option('--dry-run', 'show which hosts would merge and split, and write nothing')
  .option('--json', 'print the result as one JSON object')
  .action(async (options: Options) => {
    if (options.dryRun && !hasHeapForAll()) {
      const again = [...process.execArgv, ...heapForAll(), ...process.argv.slice(1)];
      process.exitCode = spawnSync(process.execPath, again, { stdio: 'inherit' }).status ?? 1;
      return;
    }
    const config = loadConfig();
    const store = await openStore(config.mongodb);
    try {
      const junk = junkOf(config.junk);
      if (options.dryRun) {
        const preview = await previewMerge(store, junk);
        process.stdout.write(options.json ? `${JSON.stringify(preview)}\n` : `${textOf(preview)}\n`);
        return;
      }
      const reclaimed = await reclaimAll(store, junk);
      const onBatch = ({ settled }: { settled: number }) => process.stderr.write(`\r${settled} records merged`);
      const { more: _more, ...merged } = await mergeChanged(store, {
        holder: `cli/${randomUUID()}`,
        run: 'rollcall merge',
        ...(process.stderr.isTTY ? { onBatch } : {}),
      });
      const { settled, created, changed, removed } = merged;
      const text = `${settled} records resolved, ${reclaimed} of them with other keys: ${created} hosts new, ${changed} changed, ${removed} gone into others`;
      process.stdout.write(`${options.json ? JSON.stringify({ reclaimed, ...merged }) : text}\n`);
    } finally {
      await store.close();
    }
  });

function textOf({ records, reclaimed, hosts, merged, split }: Preview): string {
  const some = <T>(entries: readonly T[], line: (entry: T) => string) => [
    ...entries.slice(0, NAMED).map((entry) => `  ${line(entry)}`),
    ...(entries.length > NAMED ? [`  and ${entries.length - NAMED} more`] : []),
  ];
  return [
    `${records} records, ${reclaimed} of them would claim other keys; ${hosts.before} hosts would be ${hosts.after}`,
    `${merged.length} merges`,
    ...some(merged, (entry) => `${entry.hosts.join(' + ')} → ${entry.into}`),
    `${split.length} splits`,
    ...some(split, ({ host, into }) => `${host} → ${into.join(' + ')}`),
  ].join('\n');
}
