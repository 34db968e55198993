import type { FetchedPage, FetchOptions } from '../../model/source.js';
import { Notifier } from './notifier.js';
import { counted, detectDrain, them, type IdleTimer } from './drain-detection.js';
import { InFlightMessages, type InFlightMessage } from './in-flight-messages.js';
import { DEFAULTS, type SqsInputOptions } from './options.js';
import { pageOf } from './page.js';
import { Pollers } from './pollers.js';
import type { Queue } from './queue.js';
import { deleteMessages } from './batch-delete.js';

/** Milliseconds between checks of `more()` while no message arrives. */
const TICK_MS = 100;

/** Receives messages of one listing, yields them in pages and keeps them in flight until they are acknowledged. */
export class Receiver {
  readonly #notifier = new Notifier();
  #inFlight: InFlightMessages | undefined;
  /** Number of messages that SQS did not delete and that are not reported yet. */
  #notDeleted = 0;

  constructor(
    private readonly queue: Queue,
    private readonly input: SqsInputOptions,
    private readonly fetch: FetchOptions,
    private readonly idleTimer: IdleTimer,
  ) {}

  async *pages(first: number): AsyncGenerator<FetchedPage> {
    const { signal, more, follow = false } = this.fetch;
    signal.throwIfAborted();
    if (!more()) return;
    const visibilitySeconds = await this.queue.visibility(signal);
    const onChange = () => this.#notifier.notify();
    const inFlight = (this.#inFlight = new InFlightMessages(this.queue, visibilitySeconds, onChange));
    const pollers = this.#pollers(inFlight, visibilitySeconds);
    signal.addEventListener('abort', onChange, { once: true });
    let stopped = false;
    try {
      for (let batch = first; ;) {
        signal.throwIfAborted();
        if (!stopped && !more()) {
          await pollers.stop();
          stopped = true;
        }
        const messages = pollers.buffer.splice(0, this.input.pageMessages ?? DEFAULTS.pageMessages);
        if (messages.length > 0) {
          this.idleTimer.since = undefined;
          inFlight.markYielded(messages);
          yield pageOf(messages, { cursor: { batch }, next: { batch: ++batch } }, this.#warnings());
          continue;
        }
        if (pollers.error) throw pollers.error;
        // The listing does not end while a page is not acknowledged, because no code could delete the messages of that page
        // afterwards.
        const pending = inFlight.size > 0;
        if (stopped && !pending) return;
        if (!stopped && !follow && pollers.allPaused && !pending) {
          const warnings = await detectDrain(this.queue, inFlight, pollers, this.idleTimer, visibilitySeconds, signal);
          if (warnings) {
            this.idleTimer.since = undefined;
            yield pageOf([], { cursor: { batch }, next: null }, [...this.#warnings(), ...warnings]);
            return;
          }
        } else await this.#notifier.wait(TICK_MS);
      }
    } finally {
      signal.removeEventListener('abort', onChange);
      await inFlight.close(await pollers.stop());
    }
  }

  /** Deletes the messages that this receiver still has in flight. */
  async remove(ids: string[]): Promise<void> {
    const inFlight = this.#inFlight;
    if (!inFlight) return;
    const messages = ids
      .map((id) => inFlight.get(id))
      .filter((message): message is InFlightMessage => !!message?.yielded);
    // Skip messages that an earlier `acknowledge` is already deleting.
    const toDelete = messages.filter(({ deleting }) => !deleting);
    if (toDelete.length > 0) this.#notDeleted += await deleteMessages(toDelete, this.queue, inFlight);
  }

  #pollers(inFlight: InFlightMessages, visibilitySeconds: number): Pollers {
    const { pollers: count = DEFAULTS.pollers, maxInFlight = DEFAULTS.maxInFlight } = this.input;
    return new Pollers(this.queue, inFlight, this.#notifier, {
      count,
      maxInFlight,
      visibilitySeconds,
      fetch: this.fetch,
    });
  }

  #warnings(): string[] {
    const notDeleted = this.#notDeleted;
    this.#notDeleted = 0;
    return notDeleted > 0
      ? [
          `The queue did not delete ${counted(notDeleted)}: Rollcall recognises ${them(notDeleted)} when it receives ${them(notDeleted)} again`,
        ]
      : [];
  }
}
