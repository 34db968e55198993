import type { IndexDescription } from 'mongodb';

export type AlertKind = 'run-failed' | 'run-partial' | 'source-parked' | 'run-overdue';

/** Something that somebody is to be told, once: an outbox. */
export interface AlertDoc {
  /** The event: `run-failed/RUN`, `source-parked/SOURCE/since`, `run-overdue/SOURCE/since`. */
  _id: string;
  kind: AlertKind;
  run?: string;
  source?: string;
  reason: string;
  remedy?: string;
  /** When it happened. */
  at: Date;
  /** Where to look at it. */
  link?: string;
  /** When it is to be delivered, or tried again; absent once that is over. */
  next_at?: Date;
  attempts: number;
  delivered_at?: Date;
  /** Nobody took it for so long that it is news no more. */
  given_up_at?: Date;
}

export const alertIndexes: IndexDescription[] = [
  { key: { next_at: 1 }, sparse: true },
  { key: { at: 1 }, expireAfterSeconds: 400 * 86_400 },
];
