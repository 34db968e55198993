export type AlertKind = 'run-failed' | 'run-partial' | 'source-parked' | 'run-overdue';

/** An alert that is to be delivered once. The collection is an outbox. */
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
  /** Link to the Web UI. */
  link?: string;
  /** When to deliver it or try again; absent after it was delivered, or after the worker stopped trying. */
  next_at?: Date;
  attempts: number;
  delivered_at?: Date;
  /** When the worker stopped trying, because the receiver did not accept the alert for too long. */
  given_up_at?: Date;
}
