import { Context } from '@temporalio/activity';
import type { LoadInput } from '../events/load.js';
import type { Normalized } from '../normalize/normalized.js';
import { describeAttempt } from './attempt.js';
import { activityLog, type Dependencies } from './context.js';

export type { LoadInput } from '../events/load.js';

/** Loads the events of a whole listing in order. A second attempt continues where the first one stopped. */
export function loadEventsActivity({ threads, log }: Dependencies) {
  return async function loadEvents(input: LoadInput): Promise<Normalized> {
    const started = Date.now();
    let sum: Normalized | undefined;
    const progress = () => ({ pages: sum?.pages ?? 0, loaded: sum?.new ?? 0 });
    describeAttempt({ details: progress, position: progress });
    const done = await threads.loadInOrder(
      { ...input, attempt: Context.current().info.attempt },
      Context.current().cancellationSignal,
      (now) => (sum = now),
    );
    const { next: _next, stopped: _stopped, ...counted } = done;
    if (done.pages > 0)
      activityLog(log, input.run, input.source).info(
        { from: input.from, ...counted, ms: Date.now() - started },
        'Events loaded in order',
      );
    return done;
  };
}
