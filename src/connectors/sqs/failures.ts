import { Failure, type FailureKind } from '../../model/failure.js';
import { networkFailure } from '../http/network.js';

/**
 * Shape of the SDK's errors. Only the name and the status are used, because the error's message may repeat a part of the
 * request.
 */
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

/**
 * Whether AWS reports that the queue has reached its limit of 120,000 in-flight messages. The error ends when messages are
 * deleted.
 */
export const isOverLimit = (error: unknown) => /OverLimit/.test((error as SdkError | undefined)?.name ?? '');

/**
 * Converts an SDK error to a `Failure` that names the host, the queue and the error, and contains no part of the request.
 */
export function sqsFailure(error: unknown, at: string): Failure {
  if (error instanceof Failure) return error;
  const { name = 'Error', $metadata: { httpStatusCode: status, requestId } = {}, $retryable } = error as SdkError;
  const [, known, remedy] = KINDS.find(([pattern]) => pattern.test(name)) ?? [];
  const kind = known ?? ($retryable?.throttling ? 'rate-limited' : kindOf(status));
  if (kind === undefined) {
    // The SDK has no error name for a body that does not match its checksum.
    if (/checksum/i.test((error as Error).message)) return mismatch(at);
    return networkFailure(error, at);
  }
  const message =
    status === undefined ? `No request can be sent to ${at}: ${name}` : `${at} responded ${name} (${status})`;
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
