import type { FetchedPage } from '../../model/source.js';
import { pageOf } from './page.js';
import { BATCH, type Queue } from './queue.js';

/**
 * Visibility timeout of peeked messages in seconds. If the request that makes them visible again is lost, they become
 * visible after this time.
 */
const HIDDEN_SECONDS = 30;

/**
 * Receives up to `most` messages (ten at most) and makes them visible to other consumers again at once. AWS increases the
 * receive count of each message, and a redrive policy uses that count. `total` is the approximate number of waiting
 * messages.
 */
export async function peek(queue: Queue, most: number, signal: AbortSignal): Promise<FetchedPage> {
  const { visible, delayed } = await queue.counts(signal);
  const messages = most > 0 ? await received(queue, Math.min(BATCH, most), signal) : [];
  const entries = messages.map(({ MessageId: id = '', ReceiptHandle: receipt = '' }) => ({ id, receipt, seconds: 0 }));
  if (entries.length > 0) await queue.setVisibility(entries);
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
