/** Options of an SQS queue, as a source declares them. */
export interface SqsInputOptions {
  /** The source's name, for errors. */
  source: string;
  queueUrl: string;
  region: string;
  /** Default: the host of `queueUrl`. */
  endpoint?: string;
  /** If either key is missing, the SDK uses its default chain: environment, profile, the machine's own role. */
  accessKeyId?: string;
  secretAccessKey?: string;
  /** Concurrent receive requests. */
  pollers?: number;
  /** Maximum messages per page. */
  pageMessages?: number;
  /**
   * Maximum number of messages that are received and not yet acknowledged. At this number, receiving waits for
   * `acknowledge`.
   */
  maxInFlight?: number;
  /** Visibility timeout requested for each message, and for each renewal. Default: the queue's own timeout. */
  visibilitySeconds?: number;
}

export const DEFAULTS = { pollers: 8, pageMessages: 500, maxInFlight: 5_000 };
