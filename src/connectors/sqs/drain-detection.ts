import type { InFlightMessages } from './in-flight-messages.js';
import type { Pollers } from './pollers.js';
import type { Counts, Queue } from './queue.js';

/**
 * Milliseconds to wait after the visibility timeout, for messages that become visible late. Also the whole wait if the
 * queue has delayed messages only.
 */
const LATE_MS = 5_000;

/**
 * The time (epoch milliseconds) at which the queue was first found idle. It is kept across the activity attempts of one
 * listing, so that the next attempt continues the wait.
 */
export interface IdleTimer {
  since: number | undefined;
}

/**
 * Checks whether the queue is drained. The receiver calls it while all pollers pause. Returns `undefined` if the queue is
 * not drained, else warnings about messages that this listing did not receive. If another consumer has received messages,
 * the queue counts as drained only after one visibility timeout, because that consumer may have been killed.
 */
export async function detectDrain(
  queue: Queue,
  inFlight: InFlightMessages,
  pollers: Pollers,
  idleTimer: IdleTimer,
  visibilitySeconds: number,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const before = inFlight.changes;
  const counts = await queue.counts(signal);
  // The number of our own in-flight messages is only exact if no deletion ran during the count.
  if (inFlight.changes !== before || inFlight.deleting > 0 || !pollers.allPaused) return undefined;
  const others = Math.max(0, counts.invisible - inFlight.size);
  if (counts.visible + others + counts.delayed === 0) return [];
  idleTimer.since ??= Date.now();
  const waitMs = counts.visible + others > 0 ? visibilitySeconds * 1_000 + LATE_MS : LATE_MS;
  if (Date.now() - idleTimer.since >= waitMs) return warningsFor({ ...counts, invisible: others });
  pollers.resumeOne();
  return undefined;
}

function warningsFor({ visible, invisible, delayed }: Counts): string[] {
  return [
    invisible > 0
      ? `${stillInQueue(invisible)} invisible: another consumer received ${them(invisible)} and has not deleted ${them(invisible)}`
      : [],
    visible > 0 ? `The queue counts ${counted(visible)} as visible but did not deliver ${them(visible)}` : [],
    delayed > 0 ? `${stillInQueue(delayed)} delayed: a later run receives ${them(delayed)}` : [],
  ].flat();
}

const stillInQueue = (count: number) => `${counted(count)} in the queue ${count === 1 ? 'is' : 'are'} still`;

export const counted = (count: number) => `${count} ${count === 1 ? 'message' : 'messages'}`;
export const them = (count: number) => (count === 1 ? 'it' : 'them');
