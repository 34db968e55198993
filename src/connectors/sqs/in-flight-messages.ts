import type { Message } from '@aws-sdk/client-sqs';
import { inTens, type Entry, type Queue } from './queue.js';

/** AWS shows a message again twelve hours after its receive, whatever was asked meanwhile. */
const LONGEST_MS = 12 * 3600 * 1000;

/** A message that was received and is not deleted yet. */
export interface HeldMessage extends Entry {
  receivedAt: number;
  /** When its invisibility is to be renewed. */
  renewAt: number;
  /** Given out in a page. */
  yielded: boolean;
  /** Its deletion is under way. */
  leaving: boolean;
}

/** The messages held here, and what keeps each of them invisible to others until it is let go. */
export class Held {
  /** In the order in which they are due: whatever is renewed goes to the end. */
  readonly #messages = new Map<string, HeldMessage>();
  #timer: NodeJS.Timeout | undefined;
  #leaving = 0;
  #changes = 0;
  #closed = false;

  constructor(
    private readonly queue: Queue,
    private readonly visibilitySeconds: number,
    /** Told of every deletion that ended. */
    private readonly changed: () => void,
  ) {}

  get size(): number {
    return this.#messages.size;
  }

  /** Messages whose deletion is under way. */
  get leaving(): number {
    return this.#leaving;
  }

  /** Moves with every message that comes or goes. */
  get changes(): number {
    return this.#changes;
  }

  get(id: string): HeldMessage | undefined {
    return this.#messages.get(id);
  }

  /** Holds a message; `false` when it is one that came again while it is held: then only its new receipt is kept. */
  take({ MessageId: id = '', ReceiptHandle: receipt = '' }: Message): boolean {
    const known = this.#messages.get(id);
    const message = known ?? { id, receipt, receivedAt: 0, renewAt: 0, yielded: false, leaving: false };
    message.receipt = receipt;
    message.receivedAt = Date.now();
    this.#schedule(message);
    this.#changes += 1;
    return known === undefined;
  }

  /** Marks messages as given out in a page. */
  yield(messages: Message[]): void {
    for (const { MessageId: id = '' } of messages) {
      const message = this.#messages.get(id);
      if (message) message.yielded = true;
    }
  }

  /** Marks messages as about to be deleted, or no longer so. */
  leave(messages: HeldMessage[], leaving: boolean): void {
    for (const message of messages) {
      if (message.leaving === leaving) continue;
      message.leaving = leaving;
      this.#leaving += leaving ? 1 : -1;
      // Nobody waits for it any more.
      if (!leaving && this.#closed) this.#messages.delete(message.id);
    }
    this.#changes += 1;
    this.changed();
  }

  drop(message: HeldMessage): void {
    this.#messages.delete(message.id);
    this.leave([message], false);
  }

  /** Shows what was never given out to others, at once or in so many seconds, and lets go of all but what is being deleted. */
  async close(seconds: number): Promise<void> {
    this.#closed = true;
    const unseen: (Entry & { seconds: number })[] = [];
    for (const message of this.#messages.values()) {
      if (message.leaving) continue;
      this.#messages.delete(message.id);
      if (!message.yielded) unseen.push({ id: message.id, receipt: message.receipt, seconds });
    }
    if (this.#messages.size === 0) clearTimeout(this.#timer);
    // Those that cannot be shown come back by themselves when their time is over.
    await inTens(unseen, async (ten) => void (await this.queue.hide(ten))).catch(() => {});
  }

  #schedule(message: HeldMessage): void {
    message.renewAt = Date.now() + (this.visibilitySeconds * 1000) / 3;
    this.#messages.delete(message.id);
    this.#messages.set(message.id, message);
    this.#wait();
  }

  #wait(): void {
    if (this.#timer !== undefined) return;
    const [first] = this.#messages.values();
    if (!first) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#renew().finally(() => this.#wait());
      },
      Math.max(10, first.renewAt - Date.now()),
    );
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const now = Date.now();
    // Those that are due soon go along: ten cost as much as one.
    const soon = now + (this.visibilitySeconds * 1000) / 12;
    const due: (Entry & { seconds: number })[] = [];
    for (const message of this.#messages.values()) {
      if (message.renewAt > soon) break;
      const left = Math.floor((message.receivedAt + LONGEST_MS - now) / 1000) - 1;
      const seconds = Math.min(this.visibilitySeconds, left);
      if (seconds > 0) due.push({ id: message.id, receipt: message.receipt, seconds });
      this.#schedule(message);
    }
    // What cannot be renewed now is asked for again in its turn; too late, it comes again and is recognised.
    await inTens(due, async (ten) => void (await this.queue.hide(ten))).catch(() => {});
  }
}
