import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import { Command } from 'commander';
import { openClient } from '../../../client.js';
import { loadConfig, type Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { loadSources, type SourceRegistry } from '../../../sources/loading/registry.js';
import { pauseSignal, resumeSignal, stopSignal } from '../../../model/messages.js';
import { printable } from '../../../format/printable.js';
import { clock } from '../../../format/time.js';
import { openRuns, openSources, type OpenSource } from '../../shared/open-workflows.js';

interface ControlSignal {
  signal: SignalDefinition;
  /** Text for the user: what the source does after the signal. */
  effect: (source: OpenSource) => string;
  /** Whether it applies to a source that the user did not name. */
  concerns: (source: OpenSource) => boolean;
}

const isParked = ({ progress }: OpenSource): boolean => progress?.state === 'parked';

const SIGNALS = {
  pause: {
    signal: pauseSignal,
    effect: () => 'it pauses after the current batch of pages; resume continues it',
    concerns: (source) => !isParked(source),
  },
  resume: {
    signal: resumeSignal,
    effect: (source) =>
      isParked(source) || source.progress?.state === 'paused'
        ? `it continues from where it was ${source.progress!.state}`
        : 'it was neither paused nor parked',
    concerns: () => true,
  },
  stop: {
    signal: stopSignal,
    effect: (source) =>
      isParked(source)
        ? 'it discards its position in the listing; the next run starts from the beginning'
        : 'it ends after the current batch of pages, and keeps what it has',
    concerns: (source) => !isParked(source),
  },
} as const satisfies Record<string, ControlSignal>;

const signalCommand = (name: keyof typeof SIGNALS, description: string, examples: string) =>
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
  'pause sources, each after its current batch of pages; the cursors of some vendors expire within minutes',
  '  npm run rollcall -- pause\n  npm run rollcall -- pause qualys',
);

export const resumeCommand = signalCommand(
  'resume',
  'continue sources that are paused, or parked after a failure, from their position in the listing',
  '  npm run rollcall -- resume qualys     after its password was corrected',
);

export const stopCommand = signalCommand(
  'stop',
  'end sources after their current batch of pages, as partial: what they read is kept and nothing is retired; ' +
    'a parked one ends only when it is named',
  '  npm run rollcall -- stop\n  npm run rollcall -- stop logins       ends one that follows its queue',
);

async function send(client: Client, config: Config, name: keyof typeof SIGNALS, names: string[]): Promise<void> {
  const control: ControlSignal = SIGNALS[name];
  const registry = loadSources({ folders: config.sourceFolders });
  const open = await openSources(client, config, names.length > 0 ? names : registry.names());
  if (names.length > 0) rejectInvalid(name, names, open, registry);
  const targets = names.length > 0 ? open : open.filter(control.concerns);
  for (const source of targets) {
    const sent = await signalled(client, source.workflowId, control);
    process.stdout.write(
      `${source.source}: ${sent ? `${name} sent, ${control.effect(source)}` : 'it has just ended'}\n`,
    );
  }
  if (names.length > 0) return;
  let sent = targets.length;
  // A run that has not started a source yet forwards the signal to its sources.
  for (const run of await openRuns(client, config, open)) {
    if (open.some(({ parent }) => parent?.runId === run.runId)) continue;
    if (!(await signalled(client, run.workflowId, control))) continue;
    process.stdout.write(`${run.workflowId}: ${name} sent, for sources that have not begun yet\n`);
    sent += 1;
  }
  for (const source of open) if (!targets.includes(source)) process.stderr.write(`${skippedText(name, source)}\n`);
  if (sent === 0) process.stderr.write(`Nothing is running: ${name} was not sent\n`);
}

async function signalled(client: Client, workflowId: string, { signal }: ControlSignal): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(signal);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

function skippedText(name: string, { source, progress }: OpenSource): string {
  const since = progress?.parkedAt ? ` since ${clock(new Date(progress.parkedAt))}` : '';
  const way = name === 'stop' ? `; npm run rollcall -- stop ${source} discards its position in the listing` : '';
  return `${source} is parked${since} (${printable(progress?.reason ?? 'it failed')}) and was not changed${way}`;
}

/**
 * Validates all names first: throws `Failure` for an unknown source, for a source that is not running, and for a parked source
 * that the user wants to pause.
 */
function rejectInvalid(
  name: string,
  names: readonly string[],
  open: readonly OpenSource[],
  registry: SourceRegistry,
): void {
  for (const wanted of names) {
    const found = open.find(({ source }) => source === wanted);
    if (!found) {
      registry.get(wanted);
      throw new Failure('settings-invalid', `${wanted} is not running: ${name} was not sent`, {
        source: wanted,
        remedy: 'npm run rollcall -- status shows the sources that are running',
      });
    }
    if (name === 'pause' && isParked(found))
      throw new Failure('settings-invalid', `${wanted} is parked already: pause was not sent`, {
        source: wanted,
        remedy: `npm run rollcall -- resume ${wanted} continues it, stop ends it`,
      });
  }
}
