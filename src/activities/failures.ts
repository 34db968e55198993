import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { MongoError } from 'mongodb';
import { Failure, behaviourOf, placeOf, type FailureNote } from '../model/failure.js';
import { refusalOf } from '../store/unstorable.js';

/** What a source's failures have cost so far; kept in the heartbeat, so that it survives the attempt. */
export interface Tries {
  /** Failures in a row without a page in between. */
  count: number;
  /** When the first of them happened, epoch milliseconds. */
  since: number;
}

/** Waits that a vendor names, with whatever status, are not impatience: only this many in a row without a page are. */
const MOST_WAITS = 30;

/**
 * The one place that decides what Temporal does about a failure: try again, try again when the vendor said, or give up.
 * Storage that is away is waited for without end; a vendor that fails is given up after `patienceMs` and three tries.
 */
export function toApplicationFailure(error: unknown, tries: Tries, patienceMs: number, now = Date.now()): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof Failure) return fromFailure(error, tries, patienceMs, now);
  const refusal = error instanceof MongoError ? refusalOf(error) : undefined;
  if (error instanceof MongoError && refusal === undefined) {
    return ApplicationFailure.create({ type: 'StorageUnavailable', message: `MongoDB: ${error.name}${codeOf(error)}` });
  }
  // MongoDB is there, and refuses one document: asking again changes nothing.
  const what = refusal?.replace('the record', 'a document') ?? (error as Error)?.name ?? 'Error';
  const note: FailureNote = { kind: 'defect', message: `${what} in Rollcall itself` };
  return ApplicationFailure.create({
    type: 'defect',
    message: `${note.message}: ${placeOf(error)}`,
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
  const named = retryAfterMs !== undefined && retry !== 'never';
  if (retry === 'when-told' || (named && failure.kind === 'vendor-error')) {
    return ApplicationFailure.create({
      ...common,
      nonRetryable: tries.count >= MOST_WAITS,
      // A limit that is waited for is no fault: it shows in the UI, but raises no alarm.
      ...(retry === 'when-told' && { category: ApplicationFailureCategory.BENIGN }),
      ...(named && { nextRetryDelay: retryAfterMs }),
    });
  }
  if (failure.kind === 'superseded') {
    return ApplicationFailure.create({ ...common, category: ApplicationFailureCategory.BENIGN });
  }
  const exhausted = retry === 'twice' ? tries.count >= 2 : tries.count >= 3 && now - tries.since >= patienceMs;
  return ApplicationFailure.create({
    ...common,
    nonRetryable: retry === 'never' || exhausted,
    ...(named && { nextRetryDelay: retryAfterMs }),
  });
}

/** What a log may tell of an error: which one, and where. Its message only as far as no record's values can stand in it. */
export function causeOf(error: unknown): string {
  if (error instanceof Failure) return error.kind;
  if (error instanceof ApplicationFailure) return error.type ?? error.name;
  if (error instanceof MongoError) return `${error.name}${codeOf(error)}`;
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: '' };
  // These are of the program: what is quoted in them, and numbers, may be of a record all the same.
  const told = /^(Type|Range|Reference)Error$/.test(name) ? `: ${withoutValues(message)}` : '';
  return `${name}${told} ${placeOf(error)}`.trim();
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
