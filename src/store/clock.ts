import { performance } from 'node:perf_hooks';
import { Failure } from '../model/failure.js';

/** How long a measurement is used, milliseconds. */
const VALID_MS = 60_000;
/**
 * Most difference between this machine's two clocks since the measurement. More means that the clock was set, or the machine
 * slept.
 */
const STEP_MS = 1_000;
/** With a larger difference the worker does no work, because its logs and requests would have wrong times. */
export const MOST_SKEW_MS = 300_000;
/** Tolerated difference between the clocks of MongoDB's members. */
const TOLERANCE_MS = 5_000;

interface Measured {
  server: number;
  mono: number;
  wall: number;
}

/**
 * MongoDB's time, to be compared with times that other machines have stored, because this machine's clock may be wrong. Measured
 * once a minute, and after this machine slept or its clock was set; in between, a monotonic clock is added.
 */
export class ServerClock {
  #measured: Measured | undefined;

  /** `ask` resolves to the server's current time; to `undefined` when the server does not send it. */
  constructor(private readonly ask: () => Promise<Date | undefined>) {}

  async now(): Promise<Date> {
    const { server, mono } = await this.#current();
    return new Date(Math.round(server + performance.now() - mono));
  }

  /** How far this machine's clock is ahead of MongoDB's, milliseconds; negative if it is behind. */
  async aheadMs(): Promise<number> {
    return Date.now() - (await this.now()).getTime();
  }

  async #current(): Promise<Measured> {
    const known = this.#measured;
    if (known) {
      const [mono, wall] = [performance.now() - known.mono, Date.now() - known.wall];
      if (mono < VALID_MS && Math.abs(wall - mono) < STEP_MS) return known;
    }
    const asked = performance.now();
    const time = await this.ask();
    const took = performance.now() - asked;
    const at = { mono: performance.now(), wall: Date.now() };
    return (this.#measured = { server: time ? time.getTime() + took / 2 : at.wall, ...at });
  }
}

/** Whether a stored time is in the future, and so wrong: a clock was ahead when it was written. */
export const isFuture = (time: Date, now: Date): boolean => time.getTime() > now.getTime() + TOLERANCE_MS;

/** Whether a stored time is later than `other`. A time in the future is wrong, so it is not. */
export const isLater = (stored: Date, other: Date, now: Date): boolean => stored > other && !isFuture(stored, now);

/** Throws `Failure` when this machine's clock differs from MongoDB's by more than `MOST_SKEW_MS`. */
export async function refuseSkew({ clock }: { clock: ServerClock }): Promise<void> {
  const ahead = await clock.aheadMs();
  if (Math.abs(ahead) <= MOST_SKEW_MS) return;
  throw new Failure(
    'settings-invalid',
    `This machine's clock is ${spanOf(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} MongoDB's: it does no work until that is corrected`,
    { remedy: 'Let both machines follow a time server: timedatectl set-ntp true, or chrony' },
  );
}

function spanOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
