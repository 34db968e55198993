import { Context } from '@temporalio/activity';
import type { NormalizeInput, Normalized } from '../normalize/normalize.js';
import { activityLog, withHeartbeat, type Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';
import { notifyRetried, orPark } from './parked.js';
import { from } from './logged.js';

export type { NormalizeInput, Normalized } from '../normalize/normalize.js';

/** Normalizes stored pages into records without requests to the vendor. Can be repeated; a bad row is quarantined alone. */
export function normalizeActivity({ normalizer, config, log }: Dependencies) {
  return async function normalizePages(input: NormalizeInput): Promise<Normalized> {
    const started = Date.now();
    let sum: Normalized | undefined;
    return withHeartbeat(
      () => ({ pages: sum?.pages ?? 0 }),
      async () => {
        try {
          await notifyRetried();
          const done = await normalizer.normalize(
            { ...input, attempt: Context.current().info.attempt },
            Context.current().cancellationSignal,
            (now) => (sum = now),
          );
          const { next: _next, stopped, ...counted } = done;
          if (done.pages > 0)
            activityLog(log, input.run, input.source).info(
              { from: input.from, ...counted, stopped, ms: Date.now() - started },
              'Pages normalized',
            );
          return done;
        } catch (error) {
          const failure = await orPark(toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs));
          throw from(failure, error, { page: sum?.next ?? input.from });
        }
      },
    );
  };
}
