import { Command } from 'commander';
import { loadConfig, type Config } from '../../../config.js';
import { openStore } from '../../../store/database.js';
import { latestPage } from '../../../store/collections/pages.js';
import { EXIT } from '../../shared/exit.js';
import { noPages, runWithPages } from '../../shared/run-of.js';
import { since } from '../../shared/since.js';
import { triggerRun } from './trigger.js';
import { withStore } from '../../shared/with-store.js';

interface Options {
  run?: string;
  source?: string;
  since?: Date;
  until?: Date;
  wait: boolean;
  json?: boolean;
}

export const replayCommand = new Command('replay')
  .description('normalize stored pages again and merge what changed: no request is sent to vendors')
  .option('--run <id>', 'the pages of this run (or the beginning of its id)')
  .option('--source <name>', 'this source only; without --run, its latest run with pages')
  .option('--since <time>', 'with --source: all its runs that fetched pages from then on, one after the other', since)
  .option('--until <time>', 'and before this time', since)
  .option('--no-wait', 'do not wait for the end')
  .option('--json', 'print the result as one JSON object')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run replay -- --source qualys\n  npm run replay -- --run 20261121' +
      '\n  npm run replay -- --source events --since 2026-11-01 --until 2026-11-08',
  )
  .action(async (options: Options, command: Command) => {
    if (!options.run && !options.source) command.error('name a run (--run) or a source (--source)');
    const config = loadConfig();
    if (options.since || options.until) {
      if (!options.source || options.run || !options.wait)
        command.error('--since and --until go with --source, and without --run and --no-wait');
      process.exitCode = await replayWindow(config, options.source!, options);
      return;
    }
    const pagesFromRun = await findPages(config, options);
    process.exitCode = await triggerRun(
      config,
      { sources: Object.keys(pagesFromRun), replay: true, pagesFromRun },
      options,
    );
  });

/** Replays every run of the source that fetched pages in the window, oldest first. Returns the worst exit code. */
async function replayWindow(config: Config, source: string, options: Options): Promise<number> {
  const { since: from = new Date(0), until: to = new Date() } = options;
  let runs: string[] = [];
  await withStore(config, async (store) => {
    const within = { source, fetched_at: { $gte: from, $lt: to } };
    runs = (await store.pages.distinct('run', within)).sort(); // their ids begin with their times
  });
  if (runs.length === 0) throw noPages(`source ${source} in that time`);
  let worst: number = EXIT.ok;
  for (const [at, run] of runs.entries()) {
    process.stderr.write(`Run ${run}, ${at + 1} of ${runs.length}\n`);
    const code = await triggerRun(
      config,
      { sources: [source], replay: true, pagesFromRun: { [source]: run } },
      options,
    );
    worst = Math.max(worst, code);
  }
  process.stderr.write(`${runs.length} runs were replayed; npm run verify -- --run ID recounts one of them\n`);
  return worst;
}

/** Returns the id of the run whose pages are read, by source. Throws `Failure` when nothing is stored. */
async function findPages(config: Config, options: Options): Promise<Record<string, string>> {
  const store = await openStore(config.mongodb);
  try {
    if (options.run) {
      const run = await runWithPages(store, options.run, options.source);
      const sources = await store.pages.distinct('source', {
        run: run._id,
        ...(options.source ? { source: options.source } : {}),
      });
      return Object.fromEntries(sources.map((source) => [source, run._id]));
    }
    const latest = await latestPage(store, options.source!);
    if (!latest) throw noPages(`source ${options.source}`);
    return { [options.source!]: latest.run };
  } finally {
    await store.close();
  }
}
