/** One request under way for one position of a listing. */
export interface Flight<Position, Result> {
  position: Position;
  result: Promise<Result>;
  controller: AbortController;
}

/** The requests under way, in the order of their pages. Each can be given up; none of their failures goes unhandled. */
export class Flights<Position, Result> {
  readonly #queue: Flight<Position, Result>[] = [];

  constructor(private readonly fetch: (position: Position, signal: AbortSignal) => Promise<Result>) {}

  get length(): number {
    return this.#queue.length;
  }

  get first(): Position | undefined {
    return this.#queue[0]?.position;
  }

  start(position: Position): void {
    this.#queue.push(this.#fly(position));
  }

  /** The first page in order; it stays in the queue while under way, so that giving up reaches it. */
  async land(): Promise<Result> {
    return this.#landed(this.#queue[0]!);
  }

  /** Asks for one page out of turn. */
  async again(position: Position): Promise<Result> {
    const flight = this.#fly(position);
    this.#queue.unshift(flight);
    return this.#landed(flight);
  }

  giveUp(reason: unknown = new Error('Not needed any more')): void {
    for (const { controller } of this.#queue.splice(0)) controller.abort(reason);
  }

  #fly(position: Position): Flight<Position, Result> {
    const controller = new AbortController();
    const result = this.fetch(position, controller.signal);
    result.catch(() => undefined);
    return { position, result, controller };
  }

  async #landed(flight: Flight<Position, Result>): Promise<Result> {
    try {
      return await flight.result;
    } finally {
      const at = this.#queue.indexOf(flight);
      if (at >= 0) this.#queue.splice(at, 1);
    }
  }
}
