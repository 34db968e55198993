import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { colours as pc } from './colours.js';
import type { RunHandle } from '../client.js';
import { Failure } from '../failure.js';
import type { RunSummary } from '../workflows/collect-inventory.js';
import { progressQuery, runProgressQuery, type SourceProgress } from '../workflows/messages.js';

const LIVE_MS = 500;
const PLAIN_MS = 5_000;

/**
 * Shows a run's progress on standard error until it ends: redrawn in place on a terminal, a line now and then elsewhere.
 * Returns the summary, also of a run that failed. Ctrl-C detaches: the run goes on.
 */
export async function watchRun(client: Client, handle: RunHandle): Promise<RunSummary> {
  const screen = new Screen();
  const view = { open: true };
  const drawing = (async () => {
    while (view.open) {
      screen.draw(await readProgress(client, handle));
      await new Promise((resolve) => setTimeout(resolve, screen.live ? LIVE_MS : PLAIN_MS).unref());
    }
  })();
  try {
    return await summaryOf(handle);
  } finally {
    view.open = false;
    screen.clear();
    drawing.catch(() => {});
  }
}

async function summaryOf(handle: RunHandle): Promise<RunSummary> {
  try {
    return await handle.result();
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    if (cause instanceof ApplicationFailure && (cause.details?.[0] as RunSummary | undefined)?.run)
      return cause.details![0] as RunSummary;
    throw new Failure(
      'server-unavailable',
      `The run ended without a result: ${(cause as Error)?.message ?? 'unknown'}`,
      {
        at: handle.workflowId,
        remedy: `Look at workflow ${handle.workflowId} in the Temporal Web UI`,
      },
    );
  }
}

/** Progress of every source of the run, asked from the workflows themselves; what cannot be asked right now is left out. */
async function readProgress(client: Client, handle: RunHandle): Promise<[string, SourceProgress | string][]> {
  try {
    const { sources } = await handle.query(runProgressQuery);
    return await Promise.all(
      Object.entries(sources).map(
        async ([name, { workflowId, account }]): Promise<[string, SourceProgress | string]> => {
          if (account) return [name, account.status];
          return [
            name,
            await client.workflow
              .getHandle(workflowId)
              .query(progressQuery)
              .catch(() => 'starting'),
          ];
        },
      ),
    );
  } catch {
    return [];
  }
}

class Screen {
  readonly live = process.stderr.isTTY && !process.env['CI'];
  private lines = 0;
  private readonly said = new Map<string, string>();

  draw(sources: [string, SourceProgress | string][]): void {
    if (this.live) {
      this.clear();
      for (const [name, progress] of sources) process.stderr.write(`${pc.cyan(name.padEnd(18))} ${text(progress)}\n`);
      this.lines = sources.length;
      return;
    }
    for (const [name, progress] of sources) {
      const line = `${name}: ${text(progress)}`;
      if (this.said.get(name) !== line) process.stderr.write(`${line}\n`);
      this.said.set(name, line);
    }
  }

  clear(): void {
    if (this.lines > 0) process.stderr.write(`\u001b[${this.lines}A\u001b[0J`);
    this.lines = 0;
  }
}

function text(progress: SourceProgress | string): string {
  if (typeof progress === 'string') return progress;
  const of = progress.total === undefined ? '' : ` of ${progress.total}`;
  const merged = progress.state === 'merging' || progress.merged > 0 ? `, ${progress.merged} merged` : '';
  return `${progress.state}: ${progress.pages} pages, ${progress.rows}${of} records fetched, ${progress.normalized} normalized${merged}`;
}
