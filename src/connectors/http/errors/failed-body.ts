import type { Failure } from '../../../model/failure.js';
import type { HttpResponse } from '../exchange.js';

/** The response body behind a failure, as received. It goes to quarantine, never into a message or to Temporal. */
export type FailedBody = Pick<HttpResponse, 'status' | 'mediaType' | 'body' | 'digest' | 'fetchedAt'>;

// Kept apart from the error: a failure is logged and serialized, and its body must not be.
const bodies = new WeakMap<Failure, FailedBody>();

export function keepFailedBody(failure: Failure, { status, mediaType, body, digest, fetchedAt }: HttpResponse): void {
  bodies.set(failure, { status, mediaType, body, digest, fetchedAt });
}

/** The response body that caused `failure`, if one was received completely. Available in this process only. */
export function failedBodyOf(failure: Failure): FailedBody | undefined {
  return bodies.get(failure);
}
