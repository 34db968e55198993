import { performance } from 'node:perf_hooks';
import { Failure } from '../model/failure.js';

/** A measurement is good for so long, milliseconds. */
const GOOD_MS = 60_000;
/** This machine's two clocks may differ by that much since the measurement; more is a step, or a sleep. */
const STEP_MS = 1_000;
/** Beyond it no work is done: what this machine writes elsewhere (logs, requests) would bear wrong times. */
export const MOST_SKEW_MS = 300_000;
/** MongoDB's members may differ by that much. */
const TOLERANCE_MS = 5_000;

interface Measured {
  server: number;
  mono: number;
  wall: number;
}

/**
 * MongoDB's time, for whatever is compared with times that other machines have stored: this machine's own clock may be wrong.
 * Asked for once a minute, and when this machine slept or its clock was set; in between, a clock that only rises is added.
 */
export class ServerClock {
  #measured: Measured | undefined;

  /** `ask` resolves to the server's time now; `undefined` when it does not tell. */
  constructor(private readonly ask: () => Promise<Date | undefined>) {}

  async now(): Promise<Date> {
    const { server, mono } = await this.#current();
    return new Date(Math.round(server + performance.now() - mono));
  }

  /** How far this machine's clock is ahead of MongoDB's, milliseconds. */
  async aheadMs(): Promise<number> {
    return Date.now() - (await this.now()).getTime();
  }

  async #current(): Promise<Measured> {
    const known = this.#measured;
    if (known) {
      const [mono, wall] = [performance.now() - known.mono, Date.now() - known.wall];
      if (mono < GOOD_MS && Math.abs(wall - mono) < STEP_MS) return known;
    }
    const asked = performance.now();
    const told = await this.ask();
    const took = performance.now() - asked;
    const at = { mono: performance.now(), wall: Date.now() };
    return (this.#measured = { server: told ? told.getTime() + took / 2 : at.wall, ...at });
  }
}

/** Whether a stored time cannot be right, as it has not come yet: a clock was ahead when it was written. */
export const isFuture = (time: Date, now: Date): boolean => time.getTime() > now.getTime() + TOLERANCE_MS;

/** Whether a stored time is a later one than `other`: one that has not come yet is not believed. */
export const isLater = (stored: Date, other: Date, now: Date): boolean => stored > other && !isFuture(stored, now);

/** Throws `Failure` when this machine's clock is so far from MongoDB's that it is to do no work. */
export async function refuseSkew({ clock }: { clock: ServerClock }): Promise<void> {
  const ahead = await clock.aheadMs();
  if (Math.abs(ahead) <= MOST_SKEW_MS) return;
  throw new Failure(
    'settings-invalid',
    `This machine's clock is ${spanOf(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} MongoDB's: it does no work until that is mended`,
    { remedy: 'Let both machines follow a time server: timedatectl set-ntp true, or chrony' },
  );
}

function spanOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
