import { setTimeout as delay } from 'node:timers/promises';
import type { InFlightMessages, InFlightMessage } from './in-flight-messages.js';
import { inBatches, type Queue } from './queue.js';

const BACKOFF_MS = [100, 400, 1_600];

/**
 * Deletes messages and stops tracking them. Returns the number of messages that SQS did not delete in the last try; these
 * messages become visible again. Throws `Failure` if a whole request fails; the messages of that request stay in flight.
 */
export async function deleteMessages(
  messages: InFlightMessage[],
  queue: Queue,
  inFlight: InFlightMessages,
): Promise<number> {
  let left = 0;
  inFlight.markDeleting(messages, true);
  try {
    await inBatches(messages, async (batch) => {
      left += await deleteBatch(batch, queue, inFlight);
    });
  } finally {
    inFlight.markDeleting(messages, false);
  }
  return left;
}

async function deleteBatch(batch: InFlightMessage[], queue: Queue, inFlight: InFlightMessages): Promise<number> {
  let rest = batch;
  let permanent = 0;
  for (const wait of [...BACKOFF_MS, undefined]) {
    const receipts = rest.map(({ id, receipt }) => ({ id, receipt }));
    const failed = await queue.delete(receipts);
    const retryable: InFlightMessage[] = [];
    for (const [index, message] of rest.entries()) {
      const senderFault = failed.get(message.id);
      // If the message was received again in the meantime, only its newest receipt deletes it: AWS ignores older receipts.
      const changed = message.receipt !== receipts[index]?.receipt;
      if (changed || senderFault === false) retryable.push(message);
      else {
        if (senderFault) permanent += 1;
        inFlight.drop(message);
      }
    }
    rest = retryable;
    if (rest.length === 0 || wait === undefined) break;
    await delay(wait);
  }
  for (const message of rest) inFlight.drop(message);
  return permanent + rest.length;
}
