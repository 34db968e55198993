import { setTimeout, clearTimeout } from 'node:timers';

/**
 * Timers and the `AbortController` of one exchange. It replaces combined signals of `AbortSignal.timeout`, because Node 20
 * garbage-collects those before they fire; the exchange references this object until the last byte. `race` rejects even if
 * the stream does not react to the abort.
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

  /** After `ms` every raced promise rejects with `error()`. */
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

  /** Stops every timer. `abort` also closes the connection of a response that was not read to its end. */
  end(abort: boolean): void {
    for (const timer of this.#timers) clearTimeout(timer);
    if (abort) this.#controller.abort();
  }
}
