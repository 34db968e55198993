/** Wakes everybody who waits for something to change; each then looks for itself. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Until the next ring, at most so many milliseconds. */
  next(mostMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = mostMs === undefined ? undefined : setTimeout(wake, mostMs);
      this.#waiting.add(wake);
    });
  }
}
