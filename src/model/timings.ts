/** How fast Temporal's machinery turns, milliseconds. The other waits of the pipeline are shares of these. Workflows use it, too: it imports nothing. */
export interface Timings {
  /** Without a sign of life for this long, an activity is started again elsewhere. */
  heartbeatMs: number;
  /** Before the second try of a failed activity; doubled each time, */
  retryMs: number;
  /** until it is this. */
  retryMaxMs: number;
}

/** Heartbeats are sent this often: one that is late does not matter. */
export const beatMs = ({ heartbeatMs }: Pick<Timings, 'heartbeatMs'>): number => share(heartbeatMs, 0.2);

/** The worker's SDK passes at most one heartbeat on in this time. */
export const throttleMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 0.3);

/** A workflow task that its own worker does not take within this time goes to any worker. */
export const stickyMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 0.5);

/** The normalizer gives its place back when no page came for this long. A source that fails or parks waits for it. */
export const pageWaitMs = ({ heartbeatMs, retryMs }: Timings): number => Math.min(share(heartbeatMs, 0.2), retryMs);

/** While following: how long a fetch activity goes on once there is something, and while there is nothing. */
export const followMs = ({ heartbeatMs }: Timings): { something: number; nothing: number } => ({
  something: share(heartbeatMs, 0.5),
  nothing: share(heartbeatMs, 2),
});

/** A run asks a source that another run began again this often: a workflow that was terminated never answers. */
export const askAgainMs = ({ heartbeatMs }: Timings): number => share(heartbeatMs, 30);

const share = (ms: number, part: number): number => Math.max(1, Math.round(ms * part));
