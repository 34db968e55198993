/** Heartbeat and retry times, milliseconds. All other waits are derived from them. Imports nothing, because workflows use it. */
export interface Timings {
  /** Heartbeat time-out: Temporal retries an activity that sends no heartbeat for this long. */
  heartbeatMs: number;
  /** Delay before the second try of a failed activity; it doubles with each try. */
  retryMs: number;
  /** The longest delay between two tries. */
  retryMaxMs: number;
}

/** Interval of heartbeats: a fifth of the time-out, so that a late one does no harm. */
export const beatMs = ({ heartbeatMs }: Pick<Timings, 'heartbeatMs'>): number => share(heartbeatMs, 0.2);

/** Interval in which the worker's SDK forwards at most one heartbeat. */
export const throttleMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 0.3);

/** Sticky queue time-out: after it, a workflow task may go to another worker than the one that has the workflow cached. */
export const stickyMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 0.5);

/** Time without a new page after which the normalizing activity ends. A source that fails or parks waits for it. */
export const pageWaitMs = ({ heartbeatMs, retryMs }: Timings): number => Math.min(share(heartbeatMs, 0.2), retryMs);

/** While following: how long a fetch activity runs once it has rows, and while it has none. */
export const followMs = ({ heartbeatMs }: Timings): { something: number; nothing: number } => ({
  something: share(heartbeatMs, 0.5),
  nothing: share(heartbeatMs, 2),
});

/** Interval in which a run repeats its take-over request to a source, because a terminated workflow never responds. */
export const askAgainMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 30);

const share = (ms: number, part: number): number => Math.max(1, Math.round(ms * part));
