import { attention, ok, skipped, type Check, type Finding } from './check.js';
import { describeQueue } from './task-queue.js';

/** Larger skews shift freshness windows and schedules, and vendors reject signed logins. */
const MOST_SECONDS = 5;

/** Compares our clock with MongoDB's. */
export const mongodbClockCheck: Check = {
  group: 'Clock of MongoDB',
  async run({ store }) {
    const admin = (await store()).client.db('admin');
    // The first response may include the time to connect, so the fastest of three responses counts.
    let best: { ahead: number; took: number } | undefined;
    for (let turn = 0; turn < 3; turn++) {
      const sent = Date.now();
      const { localTime } = (await admin.command({ hello: 1 })) as unknown as { localTime?: Date };
      if (!localTime) return [skipped('The server does not report its time')];
      const took = Date.now() - sent;
      if (!best || took < best.took) best = { ahead: localTime.getTime() - (sent + took / 2), took };
    }
    return [skewFinding(best!.ahead)];
  },
};

/**
 * Compares our clock with Temporal's. Temporal does not report its time, but the time of a worker's last poll, which cannot be
 * in the future.
 */
export const temporalClockCheck: Check = {
  group: 'Clock of Temporal',
  async run({ temporal, config }) {
    const { pollers } = await describeQueue(await temporal(), config);
    const last = Math.max(...pollers.map(({ last }) => last.getTime()));
    if (pollers.length === 0) return [skipped('Unknown without a worker')];
    const ahead = last - Date.now();
    return ahead > MOST_SECONDS * 1000 ? [skewFinding(ahead)] : [ok('The last poll of a worker is in the past')];
  },
};

/** `aheadMs`: how far a server's clock is ahead of ours, milliseconds. */
export function skewFinding(aheadMs: number): Finding {
  const seconds = Math.abs(aheadMs) / 1000;
  const message = `Its clock is ${seconds.toFixed(seconds < 10 ? 1 : 0)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this one`;
  if (seconds <= MOST_SECONDS) return ok(seconds < 1 ? 'The same time as here' : message);
  return attention(message, 'Let both machines follow a time server: timedatectl set-ntp true, or chrony');
}
