import { Command } from 'commander';
import { loadConfig, type Config } from '../config.js';
import { Failure } from '../failure.js';
import { openStore } from '../store/database.js';
import { findRun } from '../store/runs.js';
import { triggerRun } from './trigger.js';

interface Options {
  run?: string;
  source?: string;
  wait: boolean;
  json?: boolean;
}

export const replayCommand = new Command('replay')
  .description('normalize stored pages again and merge what changed: no vendor is asked')
  .option('--run <id>', 'the pages of this run (or the beginning of its id)')
  .option('--source <name>', 'this source only; without --run, its latest run with pages')
  .option('--no-wait', 'do not wait for the end')
  .option('--json', 'print the result as one JSON object')
  .addHelpText('after', '\nExamples:\n  npm run replay -- --source qualys\n  npm run replay -- --run 20261121')
  .action(async (options: Options, command: Command) => {
    if (!options.run && !options.source) command.error('name a run (--run) or a source (--source)');
    const config = loadConfig();
    const pagesOf = await findPages(config, options);
    process.exitCode = await triggerRun(config, { sources: Object.keys(pagesOf), replay: true, pagesOf }, options);
  });

/** Which run's pages to read for each source. Throws `Failure` when nothing is stored. */
async function findPages(config: Config, options: Options): Promise<Record<string, string>> {
  const store = await openStore(config.mongodb);
  try {
    if (options.run) {
      const run = await findRun(store, options.run);
      const sources = run
        ? await store.pages.distinct('source', { run: run._id, ...(options.source ? { source: options.source } : {}) })
        : [];
      if (!run || sources.length === 0) throw nothing(`run ${options.run}`);
      return Object.fromEntries(sources.map((source) => [source, run._id]));
    }
    const latest = await store.pages.findOne(
      { source: options.source! },
      { sort: { fetched_at: -1 }, projection: { run: 1 } },
    );
    if (!latest) throw nothing(`source ${options.source}`);
    return { [options.source!]: latest.run };
  } finally {
    await store.close();
  }
}

function nothing(what: string): Failure {
  return new Failure('settings-invalid', `No stored pages for ${what}`, {
    remedy: 'npm run trigger -- --wait collects some',
  });
}
