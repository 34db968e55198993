import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Message } from '@aws-sdk/client-sqs';
import type { FetchOptions } from '../../model/source.js';
import type { Bell } from './notifier.js';
import { isOverLimit } from './failures.js';
import type { Held } from './in-flight-messages.js';
import { BATCH, type Queue } from './queue.js';

const WAIT_SECONDS = { drain: 1, follow: 10 };
const OVER_LIMIT_MS = 5_000;
/**
 * Longer than a receive of a drain takes. AWS may hand messages to a receive that was aborted, and then they are invisible
 * for nothing: so those under way are waited for, and only one that waits long for a message is given up.
 */
const FINISH_MS = 1_500;

export interface PollerOptions {
  count: number;
  heldMessages: number;
  visibilitySeconds: number;
  fetch: FetchOptions;
}

/**
 * Receives side by side into one buffer. While draining, a poller whose receive was empty pauses until another one gets
 * something: once all pause, no request is under way that could still bring a message.
 */
export class Pollers {
  readonly buffer: Message[] = [];
  fault: Error | undefined;
  readonly #paused = new Set<number>();
  readonly #abort = new AbortController();
  readonly #running: Promise<void>[];
  #over = false;
  /** Messages that receives under way may bring. */
  #asked = 0;

  constructor(
    private readonly queue: Queue,
    private readonly held: Held,
    private readonly bell: Bell,
    private readonly options: PollerOptions,
  ) {
    // Each receive under way listens to it; Node would take many for a leak.
    setMaxListeners(0, this.#abort.signal);
    this.#running = Array.from({ length: options.count }, (_, index) => this.#poll(index));
  }

  get allPaused(): boolean {
    return this.#paused.size === this.options.count;
  }

  /** Lets one look again for all of them. */
  resumeOne(): void {
    const [first] = this.#paused;
    if (first !== undefined) this.#paused.delete(first);
    this.bell.ring();
  }

  /** Starts no further receive and waits for those under way. Returns the seconds for which one that was given up may still take messages. */
  async stop(): Promise<number> {
    this.#over = true;
    this.bell.ring();
    const timer = setTimeout(() => this.#abort.abort(), FINISH_MS);
    await Promise.all(this.#running);
    clearTimeout(timer);
    return this.#abort.signal.aborted ? WAIT_SECONDS.follow : 0;
  }

  async #poll(index: number): Promise<void> {
    const { follow = false, more } = this.options.fetch;
    try {
      while (!this.#over && more()) {
        const most = Math.min(BATCH, this.options.heldMessages - this.held.size - this.#asked);
        if (most <= 0) {
          await this.bell.next();
          continue;
        }
        const messages = await this.#receive(most, follow ? WAIT_SECONDS.follow : WAIT_SECONDS.drain);
        if (messages && messages.length > 0) this.#keep(messages);
        else if (messages && !follow) await this.#pause(index);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.fault ??= this.queue.failure(error);
      this.#over = true;
    }
    this.bell.ring();
  }

  /** `undefined`: AWS has handed out as many messages of the queue as it ever does, so that it knows of no more now. */
  async #receive(most: number, waitSeconds: number): Promise<Message[] | undefined> {
    this.#asked += most;
    try {
      return await this.queue.receive(most, waitSeconds, this.options.visibilitySeconds, this.#abort.signal);
    } catch (error) {
      if (!isOverLimit(error)) throw error;
      await delay(OVER_LIMIT_MS, undefined, { signal: this.#abort.signal });
      return undefined;
    } finally {
      this.#asked -= most;
    }
  }

  #keep(messages: Message[]): void {
    for (const message of messages) if (this.held.take(message)) this.buffer.push(message);
    this.#paused.clear();
    this.bell.ring();
  }

  async #pause(index: number): Promise<void> {
    this.#paused.add(index);
    this.bell.ring();
    while (this.#paused.has(index) && !this.#over) await this.bell.next();
  }
}
