import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import type { FetchOptions } from '../../model/source.js';
import type { Notifier } from './notifier.js';
import { isOverLimit } from './failures.js';
import type { InFlightMessages } from './in-flight-messages.js';
import { BATCH, type Queue } from './queue.js';

const WAIT_SECONDS = { drain: 1, follow: 10 };
const OVER_LIMIT_MS = 5_000;
/**
 * Milliseconds to wait for receives in progress before they are aborted; longer than a receive takes while draining, so
 * that only long polls are aborted. AWS may deliver messages to an aborted receive; such messages stay invisible although
 * no consumer has them.
 */
const FINISH_MS = 1_500;

export interface PollerOptions {
  count: number;
  maxInFlight: number;
  visibilitySeconds: number;
  fetch: FetchOptions;
}

/**
 * Runs concurrent receives into one buffer. While draining, a poller pauses after an empty receive until another poller
 * receives a message. When all pollers pause, no request is in progress that can still return a message.
 */
export class Pollers {
  readonly buffer: Message[] = [];
  error: Error | undefined;
  readonly #paused = new Set<number>();
  readonly #abort = new AbortController();
  readonly #running: Promise<void>[];
  #stopped = false;
  /** Maximum messages that the receives in progress may return. */
  #requested = 0;

  constructor(
    private readonly queue: Queue,
    private readonly inFlight: InFlightMessages,
    private readonly notifier: Notifier,
    private readonly options: PollerOptions,
  ) {
    // Each receive listens to this signal; without a higher limit Node reports a listener leak.
    setMaxListeners(0, this.#abort.signal);
    this.#running = Array.from({ length: options.count }, (_, index) => this.#poll(index));
  }

  get allPaused(): boolean {
    return this.#paused.size === this.options.count;
  }

  /** Resumes one poller, which checks the queue for all of them. */
  resumeOne(): void {
    const [first] = this.#paused;
    if (first !== undefined) this.#paused.delete(first);
    this.notifier.notify();
  }

  /**
   * Stops receiving and waits for the receives in progress. Returns the number of seconds during which AWS may still
   * deliver messages to an aborted receive.
   */
  async stop(): Promise<number> {
    this.#stopped = true;
    this.notifier.notify();
    const timer = setTimeout(() => this.#abort.abort(), FINISH_MS);
    await Promise.all(this.#running);
    clearTimeout(timer);
    return this.#abort.signal.aborted ? WAIT_SECONDS.follow : 0;
  }

  async #poll(index: number): Promise<void> {
    const { follow = false, more } = this.options.fetch;
    try {
      while (!this.#stopped && more()) {
        const maxMessages = Math.min(BATCH, this.options.maxInFlight - this.inFlight.size - this.#requested);
        if (maxMessages <= 0) {
          await this.notifier.wait();
          continue;
        }
        const messages = await this.#receive(maxMessages, follow ? WAIT_SECONDS.follow : WAIT_SECONDS.drain);
        if (messages && messages.length > 0) this.#store(messages);
        else if (messages && !follow) await this.#pause(index);
      }
    } catch (cause) {
      if (!this.#abort.signal.aborted) this.error ??= this.queue.failure(cause);
      this.#stopped = true;
    }
    this.notifier.notify();
  }

  /**
   * Returns `undefined` at the queue's limit of in-flight messages: AWS then delivers no message, although more may wait.
   */
  async #receive(maxMessages: number, waitSeconds: number): Promise<Message[] | undefined> {
    this.#requested += maxMessages;
    try {
      return await this.queue.receive(maxMessages, waitSeconds, this.options.visibilitySeconds, this.#abort.signal);
    } catch (error) {
      if (!isOverLimit(error)) throw error;
      await delay(OVER_LIMIT_MS, undefined, { signal: this.#abort.signal });
      return undefined;
    } finally {
      this.#requested -= maxMessages;
    }
  }

  #store(messages: Message[]): void {
    for (const message of messages) if (this.inFlight.add(message)) this.buffer.push(message);
    this.#paused.clear();
    this.notifier.notify();
  }

  async #pause(index: number): Promise<void> {
    this.#paused.add(index);
    this.notifier.notify();
    while (this.#paused.has(index) && !this.#stopped) await this.notifier.wait();
  }
}
