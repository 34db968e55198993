import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { MongoError } from 'mongodb';
import { Failure, behaviourOf, codeLocation, type FailureNote } from '../model/failure.js';
import { unstorableReason } from '../store/unstorable.js';

/** A source's failures so far. The heartbeat details pass them to the next attempt. */
export interface Tries {
  /** Failures in a row without a page in between. */
  count: number;
  /** The time of the first of these failures, epoch milliseconds. */
  since: number;
}

/**
 * Maximum number of delays in a row, without a page, that a vendor may ask for. Up to this number, they do not count as
 * failures.
 */
const MAX_WAITS = 30;

/**
 * Decides what Temporal does about a failure: retry, retry after the delay that the vendor names, or fail permanently. No
 * activity decides this itself. `FAILURES` in `model/failure.ts` assigns a policy to each kind of failure. The patience and the
 * delays are settings with defaults in `config.ts`; `workflows/activities.ts` passes the delays to Temporal. Unavailable storage is retried without limit. A failing vendor is retried until both
 * `patienceMs` and three tries have passed.
 */
export function toApplicationFailure(error: unknown, tries: Tries, patienceMs: number, now = Date.now()): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof Failure) return fromFailure(error, tries, patienceMs, now);
  const unstorable = error instanceof MongoError ? unstorableReason(error) : undefined;
  if (error instanceof MongoError && unstorable === undefined) {
    return ApplicationFailure.create({ type: 'StorageUnavailable', message: `MongoDB: ${error.name}${codeOf(error)}` });
  }
  // MongoDB is available and rejects one document, so a retry cannot help.
  const what = unstorable?.replace('the record', 'a document') ?? (error as Error)?.name ?? 'Error';
  const note: FailureNote = { kind: 'defect', message: `${what} in Rollcall itself` };
  return ApplicationFailure.create({
    type: 'defect',
    message: `${note.message}: ${codeLocation(error)}`,
    nonRetryable: true,
    details: [note],
  });
}

function fromFailure(failure: Failure, tries: Tries, patienceMs: number, now: number): ApplicationFailure {
  const note: FailureNote = {
    kind: failure.kind,
    message: failure.message,
    ...(failure.details.remedy ? { remedy: failure.details.remedy } : {}),
  };
  const common = { type: failure.kind, message: failure.message, details: [note] };
  const { retryAfterMs } = failure.details;
  const { retry } = behaviourOf(failure.kind);
  const vendorNamesDelay = retryAfterMs !== undefined && retry !== 'never';
  if (retry === 'retry-after' || (retry === 'patience-or-retry-after' && vendorNamesDelay)) {
    return ApplicationFailure.create({
      ...common,
      nonRetryable: tries.count >= MAX_WAITS,
      // Waiting for a rate limit is expected: the Web UI shows it, but it is not logged as an error.
      ...(retry === 'retry-after' && { category: ApplicationFailureCategory.BENIGN }),
      ...(vendorNamesDelay && { nextRetryDelay: retryAfterMs }),
    });
  }
  if (retry === 'always') {
    return ApplicationFailure.create({ ...common, category: ApplicationFailureCategory.BENIGN });
  }
  const exhausted = retry === 'twice' ? tries.count >= 2 : tries.count >= 3 && now - tries.since >= patienceMs;
  return ApplicationFailure.create({
    ...common,
    nonRetryable: retry === 'never' || exhausted,
    ...(vendorNamesDelay && { nextRetryDelay: retryAfterMs }),
  });
}

/**
 * The log text of an error: its name and code location. It includes the message only if the message cannot contain values
 * of a record.
 */
export function causeOf(error: unknown): string {
  if (error instanceof Failure) return error.kind;
  if (error instanceof ApplicationFailure) return error.type ?? error.name;
  if (error instanceof MongoError) return `${error.name}${codeOf(error)}`;
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: '' };
  // These errors come from the program, but quoted text and numbers in them may still come from a record.
  const safeMessage = /^(Type|Range|Reference)Error$/.test(name) ? `: ${withoutValues(message)}` : '';
  return `${name}${safeMessage} ${codeLocation(error)}`.trim();
}

const withoutValues = (message: string): string =>
  message
    .replace(/(["'`])(?:(?!\1).)*\1/gs, '…')
    .replace(/\d{2,}/g, '…')
    .replace(/\s+/g, ' ')
    .slice(0, 200);

function codeOf(error: MongoError): string {
  const code = (error as { codeName?: string; code?: unknown }).codeName ?? error.code;
  return code === undefined ? '' : ` (${String(code)})`;
}
