import { Failure, type FailureKind } from '../../model/failure.js';
import { networkFailure } from '../http/network.js';

/** How the SDK's errors look; only the name and the status are of use, messages may repeat what was sent. */
interface SdkError {
  name?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
  $retryable?: { throttling?: boolean };
}

const KINDS: [RegExp, FailureKind, string?][] = [
  [
    /^(?:InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClientException|ExpiredToken(?:Exception)?|MissingAuthenticationToken|IncompleteSignature|InvalidSecurity|CredentialsProviderError|TokenProviderError)$/,
    'credentials-rejected',
    'Correct the AWS credentials and restart the worker',
  ],
  [
    /AccessDenied/,
    'not-permitted',
    'Allow the role ReceiveMessage, DeleteMessage, ChangeMessageVisibility and GetQueueAttributes on the queue',
  ],
  [
    /QueueDoesNotExist|NonExistentQueue|InvalidAddress/,
    'request-rejected',
    'Correct the queue’s URL and region in .env and restart the worker',
  ],
  [/Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/i, 'rate-limited'],
];

/** AWS hands out no more than 120,000 messages of a queue at once; this says so, and passes by itself. */
export const isOverLimit = (error: unknown) => /OverLimit/.test((error as SdkError | undefined)?.name ?? '');

/** An error of the SDK as a `Failure` that names host, queue and the error's name, nothing of what was sent. */
export function sqsFailure(error: unknown, at: string): Failure {
  if (error instanceof Failure) return error;
  const { name = 'Error', $metadata: { httpStatusCode: status, requestId } = {}, $retryable } = error as SdkError;
  const [, known, remedy] = KINDS.find(([pattern]) => pattern.test(name)) ?? [];
  const kind = known ?? ($retryable?.throttling ? 'rate-limited' : kindOf(status));
  if (kind === undefined) {
    // The SDK throws no named error for a body that is not what its checksum says.
    if (/checksum/i.test((error as Error).message)) return mismatch(at);
    return networkFailure(error, at);
  }
  const message = status === undefined ? `${at} cannot be asked: ${name}` : `${at} answered ${name} (${status})`;
  return new Failure(kind, message, {
    at,
    ...(status !== undefined && { status }),
    ...(remedy !== undefined && { remedy }),
    ...(requestId !== undefined && { traceId: requestId }),
  });
}

const mismatch = (at: string) =>
  new Failure('response-mismatch', `${at} sent messages that do not match their checksum`, { at });

function kindOf(status: number | undefined): FailureKind | undefined {
  if (status === undefined) return undefined;
  if (status === 429) return 'rate-limited';
  if (status === 401) return 'credentials-rejected';
  if (status === 403) return 'not-permitted';
  if (status >= 500 || status === 408) return 'vendor-error';
  return status >= 400 ? 'request-rejected' : 'response-mismatch';
}
