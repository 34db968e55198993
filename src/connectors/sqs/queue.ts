import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
  type BatchResultErrorEntry,
  type Message,
} from '@aws-sdk/client-sqs';
import { Failure } from '../../model/failure.js';
import { agentsFor } from '../../network/agents.js';
import { sqsFailure } from './failures.js';
import { DEFAULTS, type SqsInputOptions } from './options.js';

export interface Entry {
  id: string;
  receipt: string;
}

/** Approximate message counts by state. AWS guarantees no exact counts. */
export interface Counts {
  visible: number;
  invisible: number;
  delayed: number;
}

/** Failed entries of one batch request, by id; `true` if a retry cannot succeed (`SenderFault`). */
export type FailedEntries = Map<string, boolean>;

export const BATCH = 10;
const PARALLEL_BATCHES = 8;
/** Used if the queue's timeout is zero or missing: with zero, every message would be received twice. */
const VISIBILITY_SECONDS = 30;

/** Requests to one queue. Each throws `Failure`. */
export class Queue {
  /** Host and name of the queue, for messages. */
  readonly at: string;
  readonly #client: SQSClient;
  readonly #url: string;
  readonly #visibilitySeconds: number | undefined;

  constructor(options: SqsInputOptions) {
    const { source, queueUrl, region, accessKeyId, secretAccessKey } = options;
    if (!URL.canParse(queueUrl)) {
      throw new Failure('settings-invalid', `The queue of ${source} is not a URL`, { source, at: source });
    }
    const url = new URL(queueUrl);
    // Always pass an endpoint. Without one, the SDK compares its default endpoint with the queue URL on every request, and
    // prints the URL if they differ.
    const endpoint = options.endpoint || url.origin;
    this.at = `${URL.canParse(endpoint) ? new URL(endpoint).host : url.host}/${url.pathname.split('/').at(-1)}`;
    this.#url = queueUrl;
    this.#visibilitySeconds = options.visibilitySeconds;
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const maxSockets = (options.pollers ?? DEFAULTS.pollers) + 3 * PARALLEL_BATCHES;
    this.#client = new SQSClient({
      region,
      endpoint,
      ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
      maxAttempts: 3,
      requestHandler: {
        connectionTimeout: 5_000,
        // Longer than the longest long poll.
        requestTimeout: 30_000,
        throwOnRequestTimeout: true,
        ...agentsFor(endpoint, maxSockets),
      },
    });
  }

  async receive(maxMessages: number, waitSeconds: number, visibility: number, signal: AbortSignal): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#url,
      MaxNumberOfMessages: Math.min(BATCH, maxMessages),
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: visibility,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
      MessageAttributeNames: ['All'],
    });
    // The SDK's error is thrown as it is: the caller recognizes `OverLimit` by its name.
    return (await this.#client.send(command, { abortSignal: signal })).Messages ?? [];
  }

  /** Seconds that a received message stays invisible. */
  async visibility(signal: AbortSignal): Promise<number> {
    if (this.#visibilitySeconds) return this.#visibilitySeconds;
    return (await this.#attributes(['VisibilityTimeout'], signal))[0] || VISIBILITY_SECONDS;
  }

  async counts(signal: AbortSignal): Promise<Counts> {
    const [visible = 0, invisible = 0, delayed = 0] = await this.#attributes(
      ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'],
      signal,
    );
    return { visible, invisible, delayed };
  }

  /** Deletes up to `BATCH` messages. */
  delete(entries: Entry[]): Promise<FailedEntries> {
    const Entries = entries.map(({ id, receipt }) => ({ Id: id, ReceiptHandle: receipt }));
    return this.#failedEntries(() =>
      this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries })),
    );
  }

  /** Sets the visibility timeout of up to `BATCH` messages, in seconds from now; zero makes them visible at once. */
  setVisibility(entries: (Entry & { seconds: number })[]): Promise<FailedEntries> {
    const Entries = entries.map(({ id, receipt, seconds }) => ({
      Id: id,
      ReceiptHandle: receipt,
      VisibilityTimeout: seconds,
    }));
    return this.#failedEntries(() =>
      this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries })),
    );
  }

  failure(error: unknown): Failure {
    return sqsFailure(error, this.at);
  }

  async #failedEntries(send: () => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>): Promise<FailedEntries> {
    try {
      const { Failed = [] } = await send();
      return new Map(Failed.map(({ Id, SenderFault }) => [Id ?? '', SenderFault ?? false]));
    } catch (error) {
      throw this.failure(error);
    }
  }

  async #attributes(names: Parameters<typeof attributesOf>[1], signal: AbortSignal): Promise<number[]> {
    try {
      const { Attributes = {} } = await this.#client.send(attributesOf(this.#url, names), { abortSignal: signal });
      return names.map((name) => Number(Attributes[name] ?? 0));
    } catch (error) {
      signal.throwIfAborted();
      throw this.failure(error);
    }
  }
}

type Attribute =
  | 'VisibilityTimeout'
  | 'ApproximateNumberOfMessages'
  | 'ApproximateNumberOfMessagesNotVisible'
  | 'ApproximateNumberOfMessagesDelayed';

const attributesOf = (QueueUrl: string, AttributeNames: Attribute[]) =>
  new GetQueueAttributesCommand({ QueueUrl, AttributeNames });

/**
 * Calls `work` with batches of up to `BATCH` entries, several batches concurrently. Waits for all of them before it throws
 * the first error.
 */
export async function inBatches<T>(entries: T[], work: (batch: T[]) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < entries.length) {
      const batch = entries.slice(next, (next += BATCH));
      await work(batch);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: PARALLEL_BATCHES }, worker));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
