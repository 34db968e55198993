/** A queue as a source declares it. */
export interface SqsInputOptions {
  /** The source's name, for errors. */
  source: string;
  queueUrl: string;
  region: string;
  /** Default: the host of `queueUrl`. */
  endpoint?: string;
  /** Without both keys the SDK looks where it always does: environment, profile, the machine's own role. */
  accessKeyId?: string;
  secretAccessKey?: string;
  /** Receives under way at once. */
  pollers?: number;
  /** Most messages a page. */
  pageMessages?: number;
  /** Most messages fetched and not yet acknowledged: beyond them receiving waits for `acknowledge`. */
  heldMessages?: number;
  /** How long a message stays invisible to others unless that is renewed. Default: as the queue says. */
  visibilitySeconds?: number;
}

export const DEFAULTS = { pollers: 8, pageMessages: 500, heldMessages: 5_000 };
