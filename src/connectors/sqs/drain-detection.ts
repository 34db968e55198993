import type { Held } from './in-flight-messages.js';
import type { Pollers } from './pollers.js';
import type { Counts, Queue } from './queue.js';

/** What may still be on its way when its time is over, and what is worth waiting for when it is only delayed. */
const LATE_MS = 5_000;

/** What is remembered between stretches of one listing: waiting goes on where the last stretch stopped it. */
export interface Quiet {
  since: number | undefined;
}

/**
 * Looks whether the queue is drained, asked while all pollers pause. Returns `undefined` when it is not, else what a user
 * should know about messages that it ended without: those that another consumer holds are waited for as long as a
 * message stays invisible, for that consumer may have been killed.
 */
export async function look(
  queue: Queue,
  held: Held,
  pollers: Pollers,
  quiet: Quiet,
  visibilitySeconds: number,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const before = held.changes;
  const counts = await queue.counts(signal);
  // Only between two deletions is it known how many of the invisible ones are held here.
  if (held.changes !== before || held.leaving > 0 || !pollers.allPaused) return undefined;
  const others = Math.max(0, counts.invisible - held.size);
  if (counts.visible + others + counts.delayed === 0) return [];
  quiet.since ??= Date.now();
  const patience = counts.visible + others > 0 ? visibilitySeconds * 1_000 + LATE_MS : LATE_MS;
  if (Date.now() - quiet.since >= patience) return remarks({ ...counts, invisible: others });
  pollers.resumeOne();
  return undefined;
}

function remarks({ visible, invisible, delayed }: Counts): string[] {
  return [
    invisible > 0 ? `The queue ended with ${counted(invisible)} still invisible: held by another consumer` : [],
    visible > 0 ? `The queue ended with ${counted(visible)} that it counts and does not hand out` : [],
    delayed > 0 ? `The queue ended with ${counted(delayed)} still delayed, for a later run` : [],
  ].flat();
}

export const counted = (count: number) => `${count} ${count === 1 ? 'message' : 'messages'}`;
