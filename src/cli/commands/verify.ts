import { number } from '../../format/number.js';
import Table from 'cli-table3';
import { Command } from 'commander';
import { loadConfig, type Config } from '../../config.js';
import { Failure } from '../../model/failure.js';
import type { NormalizedEvent } from '../../normalize/datasets/events.js';
import { readPage } from '../../normalize/page.js';
import { openNormalizerContext } from '../../normalize/context.js';
import { loadSources } from '../../sources/loading/registry.js';
import { storedRows } from '../../sources/decode.js';
import { openStore } from '../../store/database.js';
import { latestWithPages } from '../../store/collections/runs.js';
import { verifyRun, type ReadBody, type Verification } from '../../operations/verify/verify.js';
import { EXIT } from '../shared/exit.js';
import { runWithPages } from '../shared/run-of.js';

export const verifyCommand = new Command('verify')
  .description('recount raw pages, records and hosts of a run against its page ledger')
  .option('--run <id>', 'a run, or the beginning of its id; the latest one without it', '')
  .option('--json', 'print the result as one JSON object')
  .addHelpText('after', '\nExamples:\n  npm run verify\n  npm run verify -- --run 20261121 --json')
  .action(async (options: { run: string; json?: boolean }) => {
    const verification = await verify(loadConfig(), options.run);
    const { run, pages, rows, records, hosts, prunedAt, findings } = verification;
    if (options.json) process.stdout.write(`${JSON.stringify(verification)}\n`);
    else {
      process.stdout.write(
        `Run ${run}: ${pages} pages, ${rows} rows, ${records} records, ${hosts} live hosts in the inventory\n`,
      );
      process.stdout.write(`${tableOf(verification)}\n`);
      if (prunedAt) process.stdout.write(`Old pages of it were removed on ${prunedAt.toISOString().slice(0, 10)}\n`);
      process.stdout.write(
        findings.length === 0 ? 'Nothing is missing, nothing is extra\n' : `${findings.join('\n')}\n`,
      );
    }
    process.exitCode = findings.length === 0 ? EXIT.ok : EXIT.incomplete;
  });

/** Compares the ledger with the stored data, one row per source. */
function tableOf({ sources }: Verification): string {
  const table = new Table({
    head: ['source', 'pages', 'rows', 'read again', 'records', 'found', 'checksum', 'of the bodies'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [] },
  });
  for (const [source, { pages, rows, records, checksum }] of Object.entries(sources)) {
    const counts = [pages, rows.expected, rows.actual, records.expected, records.actual].map(number);
    table.push([source, ...counts, checksum.expected.slice(0, 12), checksum.actual.slice(0, 12)]);
  }
  return table.toString();
}

/** Verifies the run whose id begins with `prefix` (the latest one when it is empty). */
export async function verify(config: Config, prefix: string): Promise<Verification> {
  const sources = loadSources({ folders: config.sourceFolders });
  const store = await openStore(config.mongodb);
  try {
    const run = prefix === '' ? await latestWithPages(store) : await runWithPages(store, prefix);
    if (!run) throw new Failure('settings-invalid', 'There is no run yet', { remedy: 'npm run trigger -- --wait' });
    const context = openNormalizerContext(config, store, sources);
    const read: ReadBody = (name, page, body) => {
      const source = sources.get(name);
      const rows = [...storedRows(source, page, body)].length;
      const eventIds = () =>
        (readPage(source, page, body, context).normalized as NormalizedEvent[]).map(({ event }) => event.id);
      return { rows, eventIds };
    };
    return await verifyRun(store, sources, run, read, () => context.keys.keys());
  } finally {
    await store.close();
  }
}
