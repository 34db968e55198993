/**
 * Heartbeat and retry times, milliseconds. The waits of workflows and activities are derived from them. This file imports nothing, because
 * workflows use it.
 */
export interface Timings {
  /** Heartbeat time-out: Temporal retries an activity that sends no heartbeat for this long. */
  heartbeatMs: number;
  /** Delay before the second try of a failed activity; it doubles with each try. */
  retryMs: number;
  /** The longest delay between two tries. */
  retryMaxMs: number;
}

/** Interval of heartbeats: a fifth of the time-out, so that a late heartbeat does not cause a time-out. */
export const beatMs = ({ heartbeatMs }: Pick<Timings, 'heartbeatMs'>): number => share(heartbeatMs, 0.2);

/** Interval in which the worker's SDK forwards at most one heartbeat. */
export const throttleMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 0.3);

/** In this time a running attempt learns that Temporal has started another one: a heartbeat, and the response to it. */
export const staleMs = (timings: Timings): number => beatMs(timings) + throttleMs(timings);

/**
 * Sticky queue time-out: after this time, another worker than the one that has cached the workflow may get its workflow
 * task.
 */
export const stickyMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 0.5);

/** Time without a new page after which the normalizing activity ends. A source that fails or parks waits for it. */
export const pageWaitMs = ({ heartbeatMs, retryMs }: Timings): number => Math.min(share(heartbeatMs, 0.2), retryMs);

/**
 * While following: how long a fetch activity runs after it has received rows (`something`), and without rows (`nothing`).
 */
export const followMs = ({ heartbeatMs }: Timings): { something: number; nothing: number } => ({
  something: share(heartbeatMs, 0.5),
  nothing: share(heartbeatMs, 2),
});

/** Interval in which a run repeats its take-over request to a source, because a terminated workflow never responds. */
export const takeOverRetryMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 30);

const share = (ms: number, part: number): number => Math.max(1, Math.round(ms * part));
