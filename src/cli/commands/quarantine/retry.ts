import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { openNormalizerContext } from '../../../normalize/context.js';
import { retryQuarantined, type Retried } from '../../../quarantine/retry.js';
import { loadSources } from '../../../sources/loading/registry.js';
import type { MergeResult } from '../../../merge/drain.js';
import { EXIT } from '../../shared/exit.js';
import { mergeNow } from '../../shared/merge-now.js';
import { printable } from '../../../format/printable.js';
import { withStore } from '../../shared/with-store.js';
import { narrowing, records, rejectUnknown, whichOf, type Which } from './which.js';

interface Options extends Which {
  json?: boolean;
}

export const retryCommand = narrowing(new Command('retry'))
  .description('read records again from the stored raw, with the code of today: nothing is fetched')
  .argument('[id...]', 'as list shows them')
  .option('--all', 'all that is in quarantine')
  .option('--json', 'print the result as one JSON object')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- quarantine retry --source qualys\n' +
      '  npm run rollcall -- quarantine retry qualys:305000117\n' +
      '  npm run rollcall -- quarantine retry --reason "os is not text"\n\n' +
      'Exit code 4 when something is still not readable.',
  )
  .action(async (ids: string[], options: Options, command: Command) => {
    const which = whichOf(command, ids, options);
    const config = loadConfig();
    const sources = loadSources({ folders: config.sourceFolders });
    await withStore(config, async (store) => {
      await rejectUnknown(store, which);
      const context = openNormalizerContext(config, store, sources);
      const progress = ({ pages }: Retried) => process.stderr.write(`\r${pages} pages read `);
      try {
        const retried = await retryQuarantined(context, which, process.stderr.isTTY ? progress : undefined);
        if (process.stderr.isTTY && retried.pages > 0) process.stderr.write('\n');
        const merged = retried.merge ? await mergeNow(store, 'rollcall quarantine retry') : undefined;
        const text = options.json ? JSON.stringify(jsonOf(retried, merged)) : textOf(retried, merged);
        process.stdout.write(`${text}\n`);
        if (retried.failing.length > 0) process.exitCode = EXIT.incomplete;
      } finally {
        await context.outputs.logins?.close();
      }
    });
  });

const readCountOf = ({ new: created, changed, unchanged }: Retried): number => created + changed + unchanged;

function jsonOf({ merge: _merge, ...retried }: Retried, merged: MergeResult | undefined) {
  if (!merged) return retried;
  const { records, created, changed, removed } = merged;
  return { ...retried, merged: { records, created, changed, removed } };
}

function textOf(retried: Retried, merged: MergeResult | undefined): string {
  if (retried.pages === 0) return 'No matching records are in quarantine';
  const { new: created, changed, unchanged, failing } = retried;
  const read = readCountOf(retried);
  const counts = read > 0 ? `: ${created} new, ${changed} changed, ${unchanged} unchanged` : '';
  const lines = [`${records(read)} read${counts}`];
  if (merged) lines.push(`${merged.records} merged: ${merged.created} hosts new, ${merged.changed} changed`);
  for (const { source, reason, records: count } of failing)
    lines.push(printable(`${records(count)} of ${source} still not readable: ${reason}`));
  return lines.join('\n');
}
