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

/** Messages of the queue by what they wait for, as far as AWS knows: it promises approximations only. */
export interface Counts {
  visible: number;
  invisible: number;
  delayed: number;
}

/** Entries of one batch request that were refused, `true` where asking again is pointless. */
export type Refused = Map<string, boolean>;

export const BATCH = 10;
const MERGE_LEASES = 8;
/** Of a queue that says zero, or nothing: it would hand every message out twice. */
const VISIBILITY_SECONDS = 30;

/** The requests that Rollcall makes of one queue. Each throws `Failure`. */
export class Queue {
  /** Host and name of the queue. */
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
    // Left to itself the SDK compares both on every request, and prints the URL where they differ.
    const endpoint = options.endpoint || url.origin;
    this.at = `${URL.canParse(endpoint) ? new URL(endpoint).host : url.host}/${url.pathname.split('/').at(-1)}`;
    this.#url = queueUrl;
    this.#visibilitySeconds = options.visibilitySeconds;
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const maxSockets = (options.pollers ?? DEFAULTS.pollers) + 3 * MERGE_LEASES;
    this.#client = new SQSClient({
      region,
      endpoint,
      ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
      maxAttempts: 3,
      requestHandler: {
        connectionTimeout: 5_000,
        // Longer than the longest wait for messages.
        requestTimeout: 30_000,
        throwOnRequestTimeout: true,
        ...agentsFor(endpoint, maxSockets),
      },
    });
  }

  async receive(most: number, waitSeconds: number, visibility: number, signal: AbortSignal): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#url,
      MaxNumberOfMessages: Math.min(BATCH, most),
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: visibility,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
      MessageAttributeNames: ['All'],
    });
    // Not as a Failure yet: the one that only asks to wait is known by its name.
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

  /** Takes up to ten messages away. */
  delete(entries: Entry[]): Promise<Refused> {
    const Entries = entries.map(({ id, receipt }) => ({ Id: id, ReceiptHandle: receipt }));
    return this.#refused(() => this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries })));
  }

  /** Keeps up to ten messages invisible for so many seconds from now; zero shows them at once. */
  hide(entries: (Entry & { seconds: number })[]): Promise<Refused> {
    const Entries = entries.map(({ id, receipt, seconds }) => ({
      Id: id,
      ReceiptHandle: receipt,
      VisibilityTimeout: seconds,
    }));
    return this.#refused(() =>
      this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries })),
    );
  }

  failure(error: unknown): Failure {
    return sqsFailure(error, this.at);
  }

  async #refused(send: () => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>): Promise<Refused> {
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

/** Does `work` for every ten of a list, several tens at once; waits for all of them before it throws the first error. */
export async function inTens<T>(entries: T[], work: (ten: T[]) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < entries.length) {
      const ten = entries.slice(next, (next += BATCH));
      await work(ten);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: MERGE_LEASES }, lane));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
