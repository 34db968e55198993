import { Failure } from '../../model/failure.js';
import type { Cursor, Decode, FetchedPage, FetchOptions, Input } from '../../model/source.js';
import { parsePage } from '../http/envelope.js';
import { remedyFor } from '../http/errors/remedies.js';
import type { IdleTimer } from './drain-detection.js';
import type { SqsInputOptions } from './options.js';
import { idsOf } from './page.js';
import { peek } from './peek.js';
import { Queue } from './queue.js';
import { Receiver } from './receiver.js';

/**
 * Creates an input that drains an SQS queue, or follows it; `sqsRows` reads its pages. It opens no connection yet. A
 * received message stays in flight, invisible to other consumers, until its page is acknowledged. A message that is never
 * acknowledged becomes visible again, so that the queue's own redrive policy decides about it.
 *
 * Receiving pauses at `maxInFlight` in-flight messages, and the listing ends only after every page is acknowledged. So the
 * caller must acknowledge pages while it requests the next one. A caller that can no longer acknowledge pages aborts
 * `signal`.
 */
export function sqsInput(options: SqsInputOptions): Input {
  const { source } = options;
  const receivers = new Set<Receiver>();
  const idleTimer: IdleTimer = { since: undefined };
  let queue: Queue | undefined;

  /** Adds the source and the remedy to a failure, because the lower layers do not know them. */
  const withSource = (error: unknown): unknown => {
    if (!(error instanceof Failure)) return error;
    error.details.source ??= source;
    error.details.remedy ??= remedyFor(error.kind);
    return error;
  };

  return {
    async *pages(from: Cursor | null, fetchOptions: FetchOptions): AsyncGenerator<FetchedPage> {
      let receiver: Receiver | undefined;
      try {
        queue ??= new Queue(options);
        if (from === null) idleTimer.since = undefined;
        receiver = new Receiver(queue, options, fetchOptions, idleTimer);
        receivers.add(receiver);
        yield* receiver.pages(batchOf(from));
      } catch (error) {
        throw withSource(error);
      } finally {
        if (receiver) receivers.delete(receiver);
      }
    },
    async peek(most: number, signal: AbortSignal): Promise<FetchedPage> {
      try {
        queue ??= new Queue(options);
        return await peek(queue, most, signal);
      } catch (error) {
        throw withSource(error);
      }
    },
    async acknowledge(page: FetchedPage): Promise<void> {
      if (page.rows === 0) return;
      const ids = idsOf(page);
      try {
        await Promise.all([...receivers].map((receiver) => receiver.remove(ids)));
      } catch (error) {
        throw withSource(error);
      }
    },
  };
}

/** Reads the pages of a queue: a row is a message. */
export const sqsRows: Decode = ({ body }, source) =>
  parsePage(body, { records: 'Messages' }, `A page of ${source}`).all();

function batchOf(from: Cursor | null): number {
  const batch = from === null ? 0 : from['batch'];
  if (typeof batch === 'number' && Number.isSafeInteger(batch) && batch >= 0) return batch;
  throw new Failure('cursor-expired', 'The listing cannot resume: its cursor has no batch');
}
