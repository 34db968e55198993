import { setTimeout, clearTimeout } from 'node:timers';

/**
 * One exchange's clock and its `AbortController`. Ours because a signal that is combined from one made by
 * `AbortSignal.timeout` is collected on Node 20 before it fires: this object is held until the last byte. `race` lets go of a read even if the stream itself should not notice the abort.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #expired: Promise<never>;
  #reject!: (reason: unknown) => void;

  constructor() {
    this.#expired = new Promise<never>((_resolve, reject) => {
      this.#reject = reject;
    });
    this.#expired.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** After `ms` everything raced fails with `error()`. */
  start(ms: number, error: () => Error): NodeJS.Timeout {
    const timer = setTimeout(() => this.fail(error()), ms);
    this.#timers.add(timer);
    return timer;
  }

  stop(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  fail(reason: unknown): void {
    this.#reject(reason);
    this.#controller.abort(reason);
  }

  async race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#expired]);
  }

  /** Stops every timer; `abort` also gives up the connection of an answer that was not read to its end. */
  end(abort: boolean): void {
    for (const timer of this.#timers) clearTimeout(timer);
    if (abort) this.#controller.abort();
  }
}
