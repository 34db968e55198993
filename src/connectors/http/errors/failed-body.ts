import type { Failure } from '../../../model/failure.js';
import type { HttpResponse } from '../exchange.js';

/**
 * The response body that caused a failure, as received. It is stored in quarantine only, never in a message or in Temporal.
 */
export type FailedBody = Pick<HttpResponse, 'status' | 'mediaType' | 'body' | 'digest' | 'fetchedAt'>;

// Kept outside the error object, because failures are logged and serialized and bodies must not be.
const bodies = new WeakMap<Failure, FailedBody>();

export function keepFailedBody(failure: Failure, { status, mediaType, body, digest, fetchedAt }: HttpResponse): void {
  bodies.set(failure, { status, mediaType, body, digest, fetchedAt });
}

/** The response body that caused `failure`, if one was received completely. Available in this process only. */
export function failedBodyOf(failure: Failure): FailedBody | undefined {
  return bodies.get(failure);
}
