import type { FetchedPage, FetchOptions } from '../../model/source.js';
import { Bell } from './notifier.js';
import { counted, look, type Quiet } from './drain-detection.js';
import { Held, type HeldMessage } from './in-flight-messages.js';
import { DEFAULTS, type SqsInputOptions } from './options.js';
import { pageOf } from './page.js';
import { Pollers } from './pollers.js';
import type { Queue } from './queue.js';
import { remove } from './batch-delete.js';

/** How long a change of `more()` may go unnoticed while nothing comes. */
const TICK_MS = 100;

/** One walk over the queue: what it receives, gives out in pages and holds until they are acknowledged. */
export class Reception {
  readonly #bell = new Bell();
  #held: Held | undefined;
  /** Messages that could not be deleted, not yet told. */
  #left = 0;

  constructor(
    private readonly queue: Queue,
    private readonly input: SqsInputOptions,
    private readonly fetch: FetchOptions,
    private readonly quiet: Quiet,
  ) {}

  async *pages(first: number): AsyncGenerator<FetchedPage> {
    const { signal, more, follow = false } = this.fetch;
    signal.throwIfAborted();
    if (!more()) return;
    const visibilitySeconds = await this.queue.visibility(signal);
    const held = (this.#held = new Held(this.queue, visibilitySeconds, () => this.#bell.ring()));
    const pollers = this.#pollers(held, visibilitySeconds);
    const cancel = () => this.#bell.ring();
    signal.addEventListener('abort', cancel, { once: true });
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
          this.quiet.since = undefined;
          held.yield(messages);
          yield pageOf(messages, { cursor: { batch }, next: { batch: ++batch } }, this.#warnings());
          continue;
        }
        if (pollers.fault) throw pollers.fault;
        // A listing that ended would let go of messages whose page is not acknowledged yet: nobody would delete them.
        const inFlight = held.size > 0;
        if (stopped && !inFlight) return;
        if (!stopped && !follow && pollers.allPaused && !inFlight) {
          const remarks = await look(this.queue, held, pollers, this.quiet, visibilitySeconds, signal);
          if (remarks) {
            this.quiet.since = undefined;
            yield pageOf([], { cursor: { batch }, next: null }, [...this.#warnings(), ...remarks]);
            return;
          }
        } else await this.#bell.next(TICK_MS);
      }
    } finally {
      signal.removeEventListener('abort', cancel);
      await held.close(await pollers.stop());
    }
  }

  /** Deletes those of the messages that are still held here. */
  async remove(ids: string[]): Promise<void> {
    const held = this.#held;
    if (!held) return;
    const messages = ids.map((id) => held.get(id)).filter((message): message is HeldMessage => !!message?.yielded);
    // Those of an acknowledge under way are its own.
    const staying = messages.filter(({ leaving }) => !leaving);
    if (staying.length > 0) this.#left += await remove(staying, this.queue, held);
  }

  #pollers(held: Held, visibilitySeconds: number): Pollers {
    const { pollers: count = DEFAULTS.pollers, heldMessages = DEFAULTS.heldMessages } = this.input;
    return new Pollers(this.queue, held, this.#bell, { count, heldMessages, visibilitySeconds, fetch: this.fetch });
  }

  #warnings(): string[] {
    const left = this.#left;
    this.#left = 0;
    return left > 0 ? [`The queue did not delete ${counted(left)}: what comes again is recognised`] : [];
  }
}
