import type { Message } from '@aws-sdk/client-sqs';
import { inBatches, type Entry, type Queue } from './queue.js';

/** AWS makes a message visible twelve hours after it was received, even if its visibility timeout was renewed. */
const LONGEST_MS = 12 * 3600 * 1000;

/** A message that was received and is not deleted yet. */
export interface InFlightMessage extends Entry {
  receivedAt: number;
  /** When its visibility timeout is renewed next. */
  renewAt: number;
  /** The message is part of a page that was yielded. */
  yielded: boolean;
  /** The deletion of the message is in progress. */
  deleting: boolean;
}

/** Tracks received messages and renews their visibility timeout until they are deleted or the listing ends. */
export class InFlightMessages {
  /** Ordered by renewal time: a renewed message moves to the end. */
  readonly #messages = new Map<string, InFlightMessage>();
  #timer: NodeJS.Timeout | undefined;
  #deleting = 0;
  #changes = 0;
  #closed = false;

  constructor(
    private readonly queue: Queue,
    private readonly visibilitySeconds: number,
    /** Called when a deletion begins or ends. */
    private readonly onChange: () => void,
  ) {}

  get size(): number {
    return this.#messages.size;
  }

  /** Number of messages whose deletion is in progress. */
  get deleting(): number {
    return this.#deleting;
  }

  /** Increases with every message added or deleted, so that a caller can detect a change. */
  get changes(): number {
    return this.#changes;
  }

  get(id: string): InFlightMessage | undefined {
    return this.#messages.get(id);
  }

  /**
   * Tracks a message. Returns `false` for a message that is tracked already and was received again: only its receipt is
   * updated.
   */
  add({ MessageId: id = '', ReceiptHandle: receipt = '' }: Message): boolean {
    const known = this.#messages.get(id);
    const message = known ?? { id, receipt, receivedAt: 0, renewAt: 0, yielded: false, deleting: false };
    message.receipt = receipt;
    message.receivedAt = Date.now();
    this.#schedule(message);
    this.#changes += 1;
    return known === undefined;
  }

  /** Marks messages as yielded in a page. */
  markYielded(messages: Message[]): void {
    for (const { MessageId: id = '' } of messages) {
      const message = this.#messages.get(id);
      if (message) message.yielded = true;
    }
  }

  /** Sets or clears the mark that a deletion is in progress. */
  markDeleting(messages: InFlightMessage[], deleting: boolean): void {
    for (const message of messages) {
      if (message.deleting === deleting) continue;
      message.deleting = deleting;
      this.#deleting += deleting ? 1 : -1;
      // After `close`, stop tracking a message when its deletion ends.
      if (!deleting && this.#closed) this.#messages.delete(message.id);
    }
    this.#changes += 1;
    this.onChange();
  }

  drop(message: InFlightMessage): void {
    this.#messages.delete(message.id);
    this.markDeleting([message], false);
  }

  /**
   * Makes messages that were never yielded visible after `seconds`, and stops tracking all messages except messages whose
   * deletion is in progress.
   */
  async close(seconds: number): Promise<void> {
    this.#closed = true;
    const unyielded: (Entry & { seconds: number })[] = [];
    for (const message of this.#messages.values()) {
      if (message.deleting) continue;
      this.#messages.delete(message.id);
      if (!message.yielded) unyielded.push({ id: message.id, receipt: message.receipt, seconds });
    }
    if (this.#messages.size === 0) clearTimeout(this.#timer);
    // If the request fails, the messages become visible when their visibility timeout ends.
    await inBatches(unyielded, async (batch) => void (await this.queue.setVisibility(batch))).catch(() => {});
  }

  #schedule(message: InFlightMessage): void {
    message.renewAt = Date.now() + (this.visibilitySeconds * 1000) / 3;
    this.#messages.delete(message.id);
    this.#messages.set(message.id, message);
    this.#startTimer();
  }

  #startTimer(): void {
    if (this.#timer !== undefined) return;
    const [first] = this.#messages.values();
    if (!first) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#renew().finally(() => this.#startTimer());
      },
      Math.max(10, first.renewAt - Date.now()),
    );
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const now = Date.now();
    // Also renew messages that are due soon, because one request renews a whole batch.
    const soon = now + (this.visibilitySeconds * 1000) / 12;
    const due: (Entry & { seconds: number })[] = [];
    for (const message of this.#messages.values()) {
      if (message.renewAt > soon) break;
      const left = Math.floor((message.receivedAt + LONGEST_MS - now) / 1000) - 1;
      const seconds = Math.min(this.visibilitySeconds, left);
      if (seconds > 0) due.push({ id: message.id, receipt: message.receipt, seconds });
      this.#schedule(message);
    }
    // The next renewal repeats a failed one. A message that is renewed too late is received again, and `add` recognises it
    // by its id.
    await inBatches(due, async (batch) => void (await this.queue.setVisibility(batch))).catch(() => {});
  }
}
