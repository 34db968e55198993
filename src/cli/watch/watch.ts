import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { RunHandle } from '../../client.js';
import { Failure } from '../../model/failure.js';
import type { RunSummary } from '../../workflows/collect-inventory.js';
import type { Store } from '../../store/database.js';
import { withLedger } from './ledger.js';
import { lineOf } from './line.js';
import { Paces } from './pace.js';
import { Screen } from './screen.js';
import { viewRun, type SourceView } from './view.js';

const LIVE_MS = 500;
const PLAIN_MS = 5_000;

/**
 * Shows a run's progress on standard error until it ends: redrawn in place on a terminal, elsewhere printed as lines when it
 * changes. Returns the summary, also of a failed run. Ctrl-C detaches, and the run continues. With `store`, pages are counted
 * as soon as they are stored.
 */
export function watchRun(client: Client, handle: RunHandle, store?: Store): Promise<RunSummary> {
  return watching(async () => withLedger(store, await viewRun(client, handle)), summaryOf(handle));
}

/** Shows the results of `look` until `end` resolves. */
export async function watching<T>(look: () => Promise<SourceView[]>, end: Promise<T>): Promise<T> {
  const screen = new Screen();
  const paces = new Paces();
  const view = { open: true, looking: Promise.resolve<SourceView[]>([]) };
  const drawing = (async () => {
    while (view.open) {
      const views = await (view.looking = look().catch(() => []));
      if (view.open) screen.draw(views.map((each) => lineOf(each, paces.look(each))));
      await new Promise((resolve) => setTimeout(resolve, screen.live ? LIVE_MS : PLAIN_MS).unref());
    }
  })();
  try {
    return await end;
  } finally {
    view.open = false;
    screen.clear();
    drawing.catch(() => {});
    // Waits for in-flight requests: the client would retry them on a connection that the caller closes.
    await view.looking;
  }
}

/** The result of a run, also of a failed one. Throws `Failure` for a run that ended without a result. */
export async function summaryOf(handle: RunHandle): Promise<RunSummary> {
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
