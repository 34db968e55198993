import type { FetchedPage } from '../../model/source.js';
import { pageOf } from './page.js';
import { BATCH, type Queue } from './queue.js';

/** Should the request that shows them again be lost, messages come back by themselves after so many seconds. */
const HIDDEN_SECONDS = 30;

/**
 * Looks at up to `most` (ten at most) messages and shows them to others again at once. AWS counts the look as a receive of
 * each: a queue that moves messages elsewhere after so many receives counts it too. `total` is what waits, approximately.
 */
export async function peek(queue: Queue, most: number, signal: AbortSignal): Promise<FetchedPage> {
  const { visible, delayed } = await queue.counts(signal);
  const messages = most > 0 ? await received(queue, Math.min(BATCH, most), signal) : [];
  const entries = messages.map(({ MessageId: id = '', ReceiptHandle: receipt = '' }) => ({ id, receipt, seconds: 0 }));
  if (entries.length > 0) await queue.hide(entries);
  return { ...pageOf(messages, { cursor: { batch: 0 }, next: null }, []), total: visible + delayed };
}

async function received(queue: Queue, most: number, signal: AbortSignal) {
  try {
    return await queue.receive(most, 1, HIDDEN_SECONDS, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw queue.failure(error);
  }
}
