import type { Failure } from '../../../model/failure.js';
import type { Answer } from '../exchange.js';

/** The answer behind a failure, as received: for quarantine, never for a message or for Temporal. */
export type Evidence = Pick<Answer, 'status' | 'mediaType' | 'body' | 'digest' | 'fetchedAt'>;

// Beside the error instead of in it: a failure is logged and serialized, and a body must not go along.
const kept = new WeakMap<Failure, Evidence>();

export function keepEvidence(failure: Failure, { status, mediaType, body, digest, fetchedAt }: Answer): void {
  kept.set(failure, { status, mediaType, body, digest, fetchedAt });
}

/** The answer that made `failure`, where one was received whole: an unexpected shape, an error status. Only in this process. */
export function evidenceOf(failure: Failure): Evidence | undefined {
  return kept.get(failure);
}
