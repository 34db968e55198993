import { performance } from 'node:perf_hooks';
import { Failure } from '../model/failure.js';

/** How long a measurement stays valid, milliseconds. */
const VALID_MS = 60_000;
/**
 * Maximum difference, in milliseconds, between the wall clock and the monotonic clock of this machine since the measurement. A
 * larger difference means that the clock was set, or that the machine was suspended.
 */
const STEP_MS = 1_000;
/**
 * Maximum difference between this machine's clock and MongoDB's. With a larger difference the worker does no work, because its
 * logs and requests would have wrong times.
 */
export const MOST_SKEW_MS = 300_000;
/** Tolerated difference between the clocks of MongoDB's members. */
const TOLERANCE_MS = 5_000;

interface Measured {
  server: number;
  mono: number;
  wall: number;
}

/**
 * MongoDB's time. Callers compare it with times that other machines have stored, because this machine's clock may be wrong. The
 * class measures MongoDB's time once a minute, and after this machine was suspended or its clock was set. Between two
 * measurements it adds the time of a monotonic clock.
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

/** Whether a stored time is in the future. Such a time is wrong: the clock of the machine that stored it was ahead. */
export const isFuture = (time: Date, now: Date): boolean => time.getTime() > now.getTime() + TOLERANCE_MS;

/** Whether a stored time is later than `other`. Returns `false` for a time in the future, because such a time is wrong. */
export const isLater = (stored: Date, other: Date, now: Date): boolean => stored > other && !isFuture(stored, now);

/** Throws `Failure` when this machine's clock differs from MongoDB's by more than `MOST_SKEW_MS`. */
export async function assertClocksAgree({ clock }: { clock: ServerClock }): Promise<void> {
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
