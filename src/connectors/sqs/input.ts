import { Failure } from '../../model/failure.js';
import type { Cursor, FetchedPage, FetchOptions, Input, Row } from '../../model/source.js';
import { checkedReading } from '../http/envelope.js';
import { remedyFor } from '../http/errors/remedies.js';
import type { Quiet } from './drain-detection.js';
import type { SqsInputOptions } from './options.js';
import { idsOf } from './page.js';
import { peek } from './peek.js';
import { Queue } from './queue.js';
import { Reception } from './receiver.js';

/**
 * An input that drains an SQS queue, or follows it. Making one does nothing yet: `rows` works without the queue and without
 * credentials. A message is held, and kept invisible to others, from its receive until its page is acknowledged; one that
 * never is comes again by itself, so that the queue's own redrive policy decides about it.
 *
 * Once `heldMessages` are held nothing more is received, and the listing does not end before every page is acknowledged:
 * acknowledge pages while the next one is asked for. A caller that cannot acknowledge any more aborts `signal`.
 */
export function sqsInput(options: SqsInputOptions): Input {
  const { source } = options;
  const receptions = new Set<Reception>();
  const quiet: Quiet = { since: undefined };
  let queue: Queue | undefined;

  /** The one place that completes a failure with what only the source knows. */
  const completed = (error: unknown): unknown => {
    if (!(error instanceof Failure)) return error;
    error.details.source ??= source;
    error.details.remedy ??= remedyFor(error.kind);
    return error;
  };

  return {
    async *pages(from: Cursor | null, fetchOptions: FetchOptions): AsyncGenerator<FetchedPage> {
      let reception: Reception | undefined;
      try {
        queue ??= new Queue(options);
        if (from === null) quiet.since = undefined;
        reception = new Reception(queue, options, fetchOptions, quiet);
        receptions.add(reception);
        yield* reception.pages(batchOf(from));
      } catch (error) {
        throw completed(error);
      } finally {
        if (reception) receptions.delete(reception);
      }
    },
    *rows({ body }): Generator<Row> {
      try {
        yield* checkedReading(body, { records: 'Messages' }, `A page of ${source}`).all();
      } catch (error) {
        throw completed(error);
      }
    },
    async peek(most: number, signal: AbortSignal): Promise<FetchedPage> {
      try {
        queue ??= new Queue(options);
        return await peek(queue, most, signal);
      } catch (error) {
        throw completed(error);
      }
    },
    async acknowledge(page: FetchedPage): Promise<void> {
      if (page.rows === 0) return;
      const ids = idsOf(page);
      try {
        await Promise.all([...receptions].map((reception) => reception.remove(ids)));
      } catch (error) {
        throw completed(error);
      }
    },
  };
}

function batchOf(from: Cursor | null): number {
  const batch = from === null ? 0 : from['batch'];
  if (typeof batch === 'number' && Number.isSafeInteger(batch) && batch >= 0) return batch;
  throw new Failure('cursor-expired', 'The listing cannot go on: its cursor has no batch');
}
