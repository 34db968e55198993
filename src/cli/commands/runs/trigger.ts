import type { Client } from '@temporalio/client';
import { Command, Option } from 'commander';
import { openClient, startRun, type RunHandle } from '../../../client.js';
import { loadConfig, type Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { loadSources, type SourceRegistry } from '../../../sources/loading/registry.js';
import { resolveSettings } from '../../../model/settings.js';
import { openStore } from '../../../store/database.js';
import { workflowLink } from '../../../temporal/web-ui.js';
import type { RunSummary } from '../../../workflows/collect-inventory.js';
import type { CollectInventoryInput, Step } from '../../../workflows/inputs.js';
import { EXIT } from '../../shared/exit.js';
import { summaryJson, summaryTable } from '../../shared/summary.js';
import { watchRun } from '../../watch/watch.js';

interface Options {
  wait?: boolean;
  force?: boolean;
  only?: Step;
  confirmShrink?: boolean;
  once?: boolean;
  follow?: boolean;
  report?: boolean;
  json?: boolean;
}

export const triggerCommand = new Command('trigger')
  .description('start a run now, or attach to the same one that is under way')
  .argument('[source...]', 'sources to collect; without one, ROLLCALL_COLLECT or every configured source')
  .option('--wait', 'show progress until the run ends; exit 4 when a source did not complete')
  .option('--force', 'collect sources that are still fresh too')
  .addOption(
    new Option('--only <step>', 'one step alone: from the vendors, from stored pages, or from stored records').choices([
      'fetch',
      'normalize',
      'merge',
    ]),
  )
  .option('--once', 'queues and growing files: until there is nothing more (the default)')
  .option('--follow', 'queues and growing files: continuously, until rollcall stop ends the run')
  .option('--report', 'write the report of the day when the run has ended, where the worker runs')
  .option('--confirm-shrink', 'retire missing records even when a listing shrank a lot')
  .option('--json', 'print the result as one JSON object (with --wait)')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run trigger -- --wait\n  npm run trigger -- qualys --force\n  npm run trigger -- --only merge',
  )
  .action(async (names: string[], options: Options) => {
    const config = loadConfig();
    const registry = loadSources({ folders: config.sourceFolders });
    const sources = options.only === 'merge' ? [] : chooseSources(config, registry, names);
    process.exitCode = await triggerRun(
      config,
      {
        sources,
        force: options.force ?? false,
        confirmShrink: options.confirmShrink ?? false,
        ...(options.only ? { only: options.only } : {}),
        ...(options.report ? { maintenance: ['report'] } : {}),
        ...(options.follow && !options.once ? { follow: true } : {}),
      },
      options,
    );
  });

/** Starts a run and, with `--wait`, waits for it. Returns the exit code. */
export async function triggerRun(
  config: Config,
  input: CollectInventoryInput,
  options: { wait?: boolean; json?: boolean },
): Promise<number> {
  const client = await openClient(config.temporal);
  try {
    const { handle, attached } = await startRun(client, config.temporal, input);
    const link = workflowLink(config.temporal, handle.workflowId);
    const watch = link ? `Watch it at ${link}\n` : '';
    process.stderr.write(`${attached ? 'Already under way' : 'Started'}: ${handle.workflowId}\n${watch}`);
    if (!options.wait) return EXIT.ok;
    await ensureWorker(client, config);
    const summary = await watched(config, client, handle);
    process.stdout.write(`${options.json ? JSON.stringify(summaryJson(summary)) : summaryTable(summary)}\n`);
    return summary.status === 'completed' ? EXIT.ok : EXIT.incomplete;
  } finally {
    await client.connection.close();
  }
}

/** Shows progress with page counts from MongoDB, or without them when MongoDB is unreachable. */
async function watched(config: Config, client: Client, handle: RunHandle): Promise<RunSummary> {
  const store = await openStore(config.mongodb, { timeoutMs: 2_000 }).catch(() => undefined);
  try {
    return await watchRun(client, handle, store);
  } finally {
    await store?.close();
  }
}

/** Reports a missing worker, because the run would wait forever with empty progress. */
export async function ensureWorker(client: Awaited<ReturnType<typeof openClient>>, config: Config): Promise<void> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: config.temporal.namespace,
    taskQueue: { name: config.temporal.taskQueue },
    taskQueueType: 1,
  });
  if ((pollers ?? []).length === 0)
    process.stderr.write('No worker is polling: the run waits until one is started with npm start\n');
}

/** The named sources, else the sources of ROLLCALL_COLLECT, else all configured sources. Throws `Failure` for unknown names. */
export function chooseSources(config: Config, registry: SourceRegistry, names: readonly string[]): string[] {
  const wanted = names.length > 0 ? names : config.collect;
  if (wanted.length > 0) return wanted.map((name) => registry.get(name).name);
  // A partly configured source is meant to be collected: a missing or malformed setting is an error.
  const configured = registry.all().filter((source) => {
    const required = Object.values(source.settings).filter(({ fallback }) => fallback === undefined);
    if (!required.some(({ env }) => config.environment[env]?.trim())) return false;
    resolveSettings(source.name, source.settings, config.environment);
    return true;
  });
  if (configured.length === 0) {
    throw new Failure('settings-invalid', 'No source is configured', {
      remedy: `Copy .env.example to .env and fill in one of: ${registry.names().join(', ')}; or try npm run demo`,
    });
  }
  return configured.map(({ name }) => name);
}
