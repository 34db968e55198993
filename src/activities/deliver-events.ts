import { Context } from '@temporalio/activity';
import type { DeliverInput } from '../events/load.js';
import type { Normalized } from '../normalize/normalize.js';
import { activityLog, withHeartbeat, type Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';
import { notifyRetried, orPark } from './parked.js';
import { from } from './logged.js';

export type { DeliverInput } from '../events/load.js';

/** Loads the records of a whole listing in order. A second attempt continues where the first one stopped. */
export function deliverActivity({ normalizer, config, log }: Dependencies) {
  return async function deliverRecords(input: DeliverInput): Promise<Normalized> {
    const started = Date.now();
    let sum: Normalized | undefined;
    return withHeartbeat(
      () => ({ pages: sum?.pages ?? 0, delivered: sum?.new ?? 0 }),
      async () => {
        try {
          await notifyRetried();
          const done = await normalizer.deliver(
            { ...input, attempt: Context.current().info.attempt },
            Context.current().cancellationSignal,
            (now) => (sum = now),
          );
          const { next: _next, stopped: _stopped, ...counted } = done;
          if (done.pages > 0)
            activityLog(log, input.run, input.source).info(
              { from: input.from, ...counted, ms: Date.now() - started },
              'Records delivered in order',
            );
          return done;
        } catch (error) {
          const failure = await orPark(toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs));
          throw from(failure, error, { pages: sum?.pages ?? 0, delivered: sum?.new ?? 0 });
        }
      },
    );
  };
}
