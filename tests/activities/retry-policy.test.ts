import { ApplicationFailure } from '@temporalio/common';
import { BSON, MongoInvalidArgumentError, MongoNetworkError, MongoServerError } from 'mongodb';
import { toApplicationFailure } from '../../src/activities/retry-policy.js';
import { Failure, type FailureKind } from '../../src/model/failure.js';
import { fromPlain, toPlain } from '../../src/normalize/errors.js';

const NONE = { count: 1, since: 0 };
const classify = (error: unknown, tries = NONE, now = 0) =>
  toApplicationFailure(error, tries, 30_000, now) as ApplicationFailure;

test.each<FailureKind>([
  'credentials-rejected',
  'not-permitted',
  'request-rejected',
  'redirect-refused',
  'address-refused',
  'response-too-large',
  'listing-loops',
  'settings-invalid',
])('%s is not retried, and keeps its remedy', (kind) => {
  const failure = classify(new Failure(kind, 'No', { remedy: 'Do this' }));
  expect(failure.nonRetryable).toBe(true);
  expect(failure.details).toEqual([{ kind, message: 'No', remedy: 'Do this' }]);
});

test('an unreachable vendor is retried until the patience has run out, and at least three times', () => {
  const refused = new Failure('unreachable', 'Refused');
  expect(classify(refused, { count: 1, since: 0 }, 0).nonRetryable).toBe(false);
  expect(classify(refused, { count: 2, since: 0 }, 60_000).nonRetryable).toBe(false);
  expect(classify(refused, { count: 5, since: 0 }, 29_000).nonRetryable).toBe(false);
  expect(classify(refused, { count: 3, since: 0 }, 30_000).nonRetryable).toBe(true);
});

test('a rate limit is retried after the time that the vendor states, without an alarm', () => {
  const failure = classify(new Failure('rate-limited', 'Wait', { retryAfterMs: 86_400_000 }));
  expect(failure.nonRetryable).toBe(false);
  expect(failure.nextRetryDelay).toBe(86_400_000);
  expect(failure.category).toBe('BENIGN');
});

test.each<FailureKind>(['vendor-error', 'response-mismatch', 'rate-limited'])(
  'a %s with a wait is retried after that wait, whatever the patience',
  (kind) => {
    const waits = new Failure(kind, 'Later', { retryAfterMs: 45_000 });
    expect(classify(waits)).toMatchObject({ nonRetryable: false, nextRetryDelay: 45_000 });
    if (kind === 'response-mismatch') return;
    expect(classify(waits, { count: 29, since: 0 }, 1e9).nonRetryable).toBe(false);
    expect(classify(waits, { count: 30, since: 0 }, 1e9).nonRetryable).toBe(true);
  },
);

test('a wait is ignored when no retry can help', () => {
  const failure = classify(new Failure('credentials-rejected', 'No', { retryAfterMs: 45_000 }));
  expect(failure.nonRetryable).toBe(true);
  expect(failure.nextRetryDelay).toBeUndefined();
});

test('a superseded attempt is retried without an alarm: its work continues where the other attempt stopped', () => {
  const failure = classify(new Failure('superseded', 'Another attempt'), { count: 99, since: 0 }, 1e9);
  expect(failure).toMatchObject({ nonRetryable: false, category: 'BENIGN' });
});

test('an unavailable store is retried, however often', () => {
  const failure = classify(new MongoNetworkError('connection 1 to 10.0.0.1 closed'), { count: 99, since: 0 }, 1e9);
  expect(failure.nonRetryable).toBe(false);
  expect(failure.message).not.toContain('10.0.0.1');
});

test('a defect of Rollcall is reported with its place, and never shows the values that caused it', () => {
  const failure = classify(new TypeError('Cannot read "secret-value"'));
  expect(failure.nonRetryable).toBe(true);
  expect(failure.message).toContain('TypeError in Rollcall itself');
  expect(failure.message).not.toContain('secret-value');
});

test.each([
  ['a value that MongoDB rejects', new MongoServerError({ code: 2, message: 'secret-value' })],
  ['a document that is too large', new MongoServerError({ code: 10334, message: 'secret-value' })],
  ['an update that makes a document too large', new MongoServerError({ code: 17419, message: 'secret-value' })],
  ['a document that the driver rejects', new MongoInvalidArgumentError('secret-value')],
  ['a value that cannot be encoded', new BSON.BSONError('secret-value')],
  ['a value that overflows while it is encoded', new RangeError('secret-value')],
])('%s does not mean that MongoDB is unavailable: it is not retried', (_what, error) => {
  // The same error after the normalizing thread has passed it on.
  for (const own of [error, fromPlain(structuredClone(toPlain(error)))]) {
    const failure = classify(own, { count: 0, since: 0 }, 0);
    expect(failure).toMatchObject({ nonRetryable: true, type: 'defect' });
    expect(JSON.stringify([failure.message, failure.details])).not.toContain('secret-value');
  }
});

test.each([11600, 189, 91, 13, 112])(
  'code %d means that MongoDB is unavailable or another write comes first: it is retried',
  (code) => {
    const failure = classify(new MongoServerError({ code, message: 'not now' }), { count: 99, since: 0 }, 1e9);
    expect(failure).toMatchObject({ nonRetryable: false, type: 'StorageUnavailable' });
  },
);
