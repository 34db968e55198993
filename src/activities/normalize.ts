import { Context } from '@temporalio/activity';
import type { NormalizeInput, Normalized } from '../normalize/normalized.js';
import { describeAttempt } from './attempt.js';
import { activityLog, type Dependencies } from './context.js';

export type { NormalizeInput, Normalized, Share } from '../normalize/normalized.js';

/**
 * Normalizes stored pages into records without requests to the vendor. Can be repeated. An unreadable row is quarantined
 * and does not affect other rows.
 */
export function normalizeActivity({ threads, log }: Dependencies) {
  return async function normalizePages(input: NormalizeInput): Promise<Normalized> {
    const started = Date.now();
    let sum: Normalized | undefined;
    describeAttempt({
      details: () => ({ pages: sum?.pages ?? 0 }),
      position: () => ({ page: sum?.next ?? input.from }),
    });
    const done = await threads.normalize(
      { ...input, attempt: Context.current().info.attempt },
      Context.current().cancellationSignal,
      (now) => (sum = now),
    );
    const { next: _next, stopped, ...counted } = done;
    if (done.pages > 0)
      activityLog(log, input.run, input.source).info(
        { from: input.from, ...input.share, ...counted, stopped, ms: Date.now() - started },
        'Pages normalized',
      );
    return done;
  };
}
