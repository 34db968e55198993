import { attention, ok, skipped, type Check, type Finding } from './check.js';
import { describeQueue } from './task-queue.js';

/** Beyond it freshness windows and schedules shift, and vendors refuse signed logins. */
const MOST_SECONDS = 5;

/** Our clock against those of the servers. */
export const mongodbClockCheck: Check = {
  group: 'Clock of MongoDB',
  async run({ store }) {
    const admin = (await store()).client.db('admin');
    // The first answer may wait for a connection: the quickest of three says the most.
    let best: { ahead: number; took: number } | undefined;
    for (let turn = 0; turn < 3; turn++) {
      const asked = Date.now();
      const { localTime } = (await admin.command({ hello: 1 })) as unknown as { localTime?: Date };
      if (!localTime) return [skipped('The server does not tell the time')];
      const took = Date.now() - asked;
      if (!best || took < best.took) best = { ahead: localTime.getTime() - (asked + took / 2), took };
    }
    return [skewFinding(best!.ahead)];
  },
};

/** Temporal tells no time of its own but when a worker last asked it: that cannot be later than now. */
export const temporalClockCheck: Check = {
  group: 'Clock of Temporal',
  async run({ temporal, config }) {
    const { pollers } = await describeQueue(await temporal(), config);
    const last = Math.max(...pollers.map(({ last }) => last.getTime()));
    if (pollers.length === 0) return [skipped('Not told without a worker')];
    const ahead = last - Date.now();
    return ahead > MOST_SECONDS * 1000 ? [skewFinding(ahead)] : [ok('A worker asked it at a time that is past here')];
  },
};

/** `aheadMs`: how far a server's clock is ahead of ours. */
export function skewFinding(aheadMs: number): Finding {
  const seconds = Math.abs(aheadMs) / 1000;
  const says = `Its clock is ${seconds.toFixed(seconds < 10 ? 1 : 0)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this one`;
  if (seconds <= MOST_SECONDS) return ok(seconds < 1 ? 'The same time as here' : says);
  return attention(says, 'Let both machines follow a time server: timedatectl set-ntp true, or chrony');
}
