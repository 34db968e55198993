/** One request in flight for one position of a listing. */
export interface InFlightRequest<Position, Result> {
  position: Position;
  result: Promise<Result>;
  controller: AbortController;
}

/** The requests in flight, in page order. Each request can be aborted, and a rejection is never unhandled. */
export class InFlightRequests<Position, Result> {
  readonly #queue: InFlightRequest<Position, Result>[] = [];

  constructor(private readonly fetch: (position: Position, signal: AbortSignal) => Promise<Result>) {}

  get length(): number {
    return this.#queue.length;
  }

  get first(): Position | undefined {
    return this.#queue[0]?.position;
  }

  start(position: Position): void {
    this.#queue.push(this.#request(position));
  }

  /**
   * Awaits the first page in order. The request stays in the queue until its response arrives, so that `abort` can abort
   * it.
   */
  async awaitFirst(): Promise<Result> {
    return this.#awaitResult(this.#queue[0]!);
  }

  /** Requests one page ahead of the queue. */
  async refetch(position: Position): Promise<Result> {
    const request = this.#request(position);
    this.#queue.unshift(request);
    return this.#awaitResult(request);
  }

  abort(reason: unknown = new Error('Not needed any more')): void {
    for (const { controller } of this.#queue.splice(0)) controller.abort(reason);
  }

  #request(position: Position): InFlightRequest<Position, Result> {
    const controller = new AbortController();
    const result = this.fetch(position, controller.signal);
    result.catch(() => undefined);
    return { position, result, controller };
  }

  async #awaitResult(request: InFlightRequest<Position, Result>): Promise<Result> {
    try {
      return await request.result;
    } finally {
      const at = this.#queue.indexOf(request);
      if (at >= 0) this.#queue.splice(at, 1);
    }
  }
}
