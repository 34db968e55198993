import type { Client } from '@temporalio/client';
import { Command } from 'commander';
import { openClient } from '../../../client.js';
import { loadConfig, type Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { loadSources } from '../../../sources/loading/registry.js';
import type { Store } from '../../../store/database.js';
import type { RunDoc } from '../../../store/documents/runs.js';
import { EXIT, report } from '../../shared/exit.js';
import { runOf } from '../../shared/run-of.js';
import { readWork, workOf, type Work } from './work.js';
import { summaryOfDoc, viewJson } from './run-json.js';
import { sourceStates } from './source-state.js';
import { lastText, lostText, statesText, workLines } from './text.js';
import { follow } from './follow.js';
import { summaryTable } from '../../shared/summary.js';
import { ensureWorker } from '../runs/trigger.js';
import { Paces } from '../../watch/pace.js';
import { withStore } from '../../shared/with-store.js';

interface Options {
  once?: boolean;
  json?: boolean;
}

export const statusCommand = new Command('status')
  .description(
    'what is under way, followed until it ends; how the last run ended; and the state of every source: last complete, ' +
      'fresh or due, parked and what it needs, its next run',
  )
  .argument('[run]', 'one run alone: its id or the beginning of it')
  .option('--once', 'print how it is right now, and end')
  .option('--json', 'print how it is right now as one JSON object')
  .addHelpText(
    'after',
    '\nCtrl-C leaves runs running. Exit code 4: what was followed did not complete.' +
      '\n\nExamples:\n  npm run rollcall -- status\n  npm run rollcall -- status --once\n  npm run rollcall -- status 20261121',
  )
  .action(async (prefix: string | undefined, options: Options) => {
    const config = loadConfig();
    await withStore(config, async (store) => {
      const client = await clientOf(config);
      try {
        const run = prefix === undefined ? undefined : await runOf(store, prefix);
        await show(store, client, config, run, options);
      } finally {
        await client?.connection.close();
      }
    });
  });

/** `undefined` when Temporal does not respond. The command then shows the last state, which is in MongoDB. */
async function clientOf(config: Config): Promise<Client | undefined> {
  try {
    return await openClient(config.temporal);
  } catch (error) {
    process.exitCode = report(error);
    return undefined;
  }
}

async function show(
  store: Store,
  client: Client | undefined,
  config: Config,
  run: RunDoc | undefined,
  { once, json }: Options,
): Promise<void> {
  const registry = loadSources({ folders: config.sourceFolders });
  const work = client
    ? await readWork(store, client, config, registry.names(), run)
    : { runs: [], views: [], open: [] };
  if (json) {
    const states = run ? undefined : await sourceStates(store, config, registry, client, work.open);
    process.stdout.write(
      `${JSON.stringify({ ...workJson(work), last: await lastOf(store, work, run), sources: states })}\n`,
    );
    return;
  }
  const busy = client !== undefined && (work.runs.length > 0 || work.views.length > 0);
  if (busy) {
    await ensureWorker(client, config);
    if (once) for (const line of workLines(work)) process.stdout.write(`${line}\n`);
    else if (!(await follow(store, client, config, work))) process.exitCode = EXIT.incomplete;
  } else {
    const last = await lastOf(store, work, run);
    if (last) process.stdout.write(`${run ? summaryTable(summaryOfDoc(last)) : lastText(last)}\n`);
    if (last && !last.ended_at && client) process.stdout.write(`${lostText(last)}\n`);
  }
  if (run) return;
  const { open } = !busy || once || !client ? work : await workOf(client, config, registry.names());
  process.stdout.write(`${statesText(await sourceStates(store, config, registry, client, open))}\n`);
}

/** The run that the user named, or the latest run; `undefined` while a run is running. */
async function lastOf(store: Store, work: Work, run: RunDoc | undefined): Promise<RunDoc | undefined> {
  if (work.runs.length > 0) return undefined;
  if (run) return run;
  try {
    return await runOf(store, undefined);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`${error.message}: ${error.details.remedy}\n`);
    return undefined;
  }
}

function workJson({ runs, views }: Work): Record<string, unknown> {
  const paces = new Paces();
  return {
    runs: runs.map(({ run, workflowId, runId, started }) => ({
      run,
      workflow_id: workflowId,
      workflow_run_id: runId,
      started_at: started,
    })),
    under_way: views.map((view) => viewJson(view, paces.look(view))),
  };
}
