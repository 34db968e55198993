import type { InFlightMessages } from './in-flight-messages.js';
import type { Pollers } from './pollers.js';
import type { Counts, Queue } from './queue.js';

/**
 * Extra wait, milliseconds: for messages in transit when their visibility timeout ends, and for messages that are only delayed.
 */
const LATE_MS = 5_000;

/**
 * When the queue was first seen idle. Kept across activity attempts of one listing, so that the wait continues where the last
 * attempt stopped.
 */
export interface IdleTimer {
  since: number | undefined;
}

/**
 * Checks whether the queue is drained; called while all pollers pause. Returns `undefined` if it is not, else warnings about
 * messages that the listing ends without. Messages that another consumer holds are waited for as long as a message stays
 * invisible, because that consumer may have been killed.
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
    invisible > 0 ? `The queue ended with ${counted(invisible)} still invisible: held by another consumer` : [],
    visible > 0 ? `The queue ended with ${counted(visible)} that it counts as visible and does not deliver` : [],
    delayed > 0 ? `The queue ended with ${counted(delayed)} still delayed, for a later run` : [],
  ].flat();
}

export const counted = (count: number) => `${count} ${count === 1 ? 'message' : 'messages'}`;
