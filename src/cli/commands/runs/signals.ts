import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import { Command } from 'commander';
import { openClient } from '../../../client.js';
import { loadConfig, type Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { loadSources, type SourceRegistry } from '../../../sources/loading/registry.js';
import { pauseSignal, resumeSignal, stopSignal } from '../../../model/messages.js';
import { plain } from '../../../format/plain.js';
import { clock } from '../../../format/time.js';
import { openRuns, openSources, type OpenSource } from '../../shared/open-workflows.js';

interface Order {
  signal: SignalDefinition;
  /** What the source will do about it. */
  effect: (source: OpenSource) => string;
  /** Whether it concerns a source that nobody named. */
  concerns: (source: OpenSource) => boolean;
}

const isParked = ({ progress }: OpenSource): boolean => progress?.state === 'parked';

const ORDERS = {
  pause: {
    signal: pauseSignal,
    effect: () => 'it waits when the stretch under way is done; resume lets it go on',
    concerns: (source) => !isParked(source),
  },
  resume: {
    signal: resumeSignal,
    effect: (source) =>
      isParked(source) || source.progress?.state === 'paused'
        ? `it goes on from where it was ${source.progress!.state}`
        : 'it was not waiting for that',
    concerns: () => true,
  },
  stop: {
    signal: stopSignal,
    effect: (source) =>
      isParked(source)
        ? 'it gives its place in the listing up; the next run begins anew'
        : 'it ends when the stretch under way is done, and keeps what it has',
    concerns: (source) => !isParked(source),
  },
} as const satisfies Record<string, Order>;

const signalCommand = (name: keyof typeof ORDERS, description: string, examples: string) =>
  new Command(name)
    .description(description)
    .argument('[source...]', 'sources; without one, every source that is under way')
    .addHelpText('after', `\nExamples:\n${examples}`)
    .action(async (names: string[]) => {
      const config = loadConfig();
      const client = await openClient(config.temporal);
      try {
        await send(client, config, name, [...new Set(names)]);
      } finally {
        await client.connection.close();
      }
    });

export const pauseCommand = signalCommand(
  'pause',
  'let sources wait, each after the stretch that it is fetching; some vendors forget their cursors within minutes',
  '  npm run rollcall -- pause\n  npm run rollcall -- pause qualys',
);

export const resumeCommand = signalCommand(
  'resume',
  'let sources go on that are paused, or parked after a failure: from their place in the listing',
  '  npm run rollcall -- resume qualys     after its password was corrected',
);

export const stopCommand = signalCommand(
  'stop',
  'end sources after the stretch that they are fetching, as partial: what they read is kept and nothing is retired; ' +
    'a parked one ends only when it is named',
  '  npm run rollcall -- stop\n  npm run rollcall -- stop logins       ends one that follows its queue',
);

async function send(client: Client, config: Config, name: keyof typeof ORDERS, names: string[]): Promise<void> {
  const order: Order = ORDERS[name];
  const registry = loadSources({ folders: config.sourceFolders });
  const open = await openSources(client, config, names.length > 0 ? names : registry.names());
  if (names.length > 0) refuse(name, names, open, registry);
  const meant = names.length > 0 ? open : open.filter(order.concerns);
  for (const source of meant) {
    const sent = await signalled(client, source.workflowId, order);
    process.stdout.write(`${source.source}: ${sent ? `${name} sent, ${order.effect(source)}` : 'it has just ended'}\n`);
  }
  if (names.length > 0) return;
  let sent = meant.length;
  // A run that has no source yet hands on what it was told.
  for (const run of await openRuns(client, config, open)) {
    if (open.some(({ parent }) => parent?.runId === run.runId)) continue;
    if (!(await signalled(client, run.workflowId, order))) continue;
    process.stdout.write(`${run.workflowId}: ${name} sent, for sources that have not begun yet\n`);
    sent += 1;
  }
  for (const source of open) if (!meant.includes(source)) process.stderr.write(`${leftAlone(name, source)}\n`);
  if (sent === 0) process.stderr.write(`Nothing is under way: there was nobody to send ${name} to\n`);
}

async function signalled(client: Client, workflowId: string, { signal }: Order): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

function leftAlone(name: string, { source, progress }: OpenSource): string {
  const since = progress?.parkedAt ? ` since ${clock(new Date(progress.parkedAt))}` : '';
  const way = name === 'stop' ? `; npm run rollcall -- stop ${source} gives its place in the listing up` : '';
  return `${source} is parked${since} (${plain(progress?.reason ?? 'it failed')}) and was left alone${way}`;
}

/** All or none: throws `Failure` when one of `names` is no source, is not under way, or is parked and to be paused. */
function refuse(name: string, names: readonly string[], open: readonly OpenSource[], registry: SourceRegistry): void {
  for (const wanted of names) {
    const found = open.find(({ source }) => source === wanted);
    if (!found) {
      registry.get(wanted);
      throw new Failure('settings-invalid', `${wanted} is not under way: ${name} was sent to nobody`, {
        source: wanted,
        remedy: 'npm run rollcall -- status shows what is',
      });
    }
    if (name === 'pause' && isParked(found))
      throw new Failure('settings-invalid', `${wanted} is parked already: pause was sent to nobody`, {
        source: wanted,
        remedy: `npm run rollcall -- resume ${wanted} lets it go on, stop ends it`,
      });
  }
}
