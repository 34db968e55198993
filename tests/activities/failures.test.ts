import { ApplicationFailure } from '@temporalio/common';
import { BSON, MongoInvalidArgumentError, MongoNetworkError, MongoServerError } from 'mongodb';
import { toApplicationFailure } from '../../src/activities/failures.js';
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
])('%s is given up at once, with its remedy', (kind) => {
  const failure = classify(new Failure(kind, 'No', { remedy: 'Do this' }));
  expect(failure.nonRetryable).toBe(true);
  expect(failure.details).toEqual([{ kind, message: 'No', remedy: 'Do this' }]);
});

test('an unreachable vendor is tried again until its patience has run out, and at least three times', () => {
  const refused = new Failure('unreachable', 'Refused');
  expect(classify(refused, { count: 1, since: 0 }, 0).nonRetryable).toBe(false);
  expect(classify(refused, { count: 2, since: 0 }, 60_000).nonRetryable).toBe(false);
  expect(classify(refused, { count: 5, since: 0 }, 29_000).nonRetryable).toBe(false);
  expect(classify(refused, { count: 3, since: 0 }, 30_000).nonRetryable).toBe(true);
});

test('a limit is waited for as long as the vendor says, without alarm', () => {
  const failure = classify(new Failure('rate-limited', 'Wait', { retryAfterMs: 86_400_000 }));
  expect(failure.nonRetryable).toBe(false);
  expect(failure.nextRetryDelay).toBe(86_400_000);
  expect(failure.category).toBe('BENIGN');
});

test.each<FailureKind>(['vendor-error', 'response-mismatch', 'rate-limited'])(
  'a wait that comes with a %s is waited for, and no impatience',
  (kind) => {
    const waits = new Failure(kind, 'Later', { retryAfterMs: 45_000 });
    expect(classify(waits)).toMatchObject({ nonRetryable: false, nextRetryDelay: 45_000 });
    if (kind === 'response-mismatch') return;
    expect(classify(waits, { count: 29, since: 0 }, 1e9).nonRetryable).toBe(false);
    expect(classify(waits, { count: 30, since: 0 }, 1e9).nonRetryable).toBe(true);
  },
);

test('a wait that comes with what no other try can cure is none', () => {
  const refused = classify(new Failure('credentials-rejected', 'No', { retryAfterMs: 45_000 }));
  expect(refused.nonRetryable).toBe(true);
  expect(refused.nextRetryDelay).toBeUndefined();
});

test('a late attempt is tried again and is no alarm: its work goes on where the other one has come to', () => {
  const failure = classify(new Failure('superseded', 'Another attempt'), { count: 99, since: 0 }, 1e9);
  expect(failure).toMatchObject({ nonRetryable: false, category: 'BENIGN' });
});

test('storage that is away is waited for, however often', () => {
  const failure = classify(new MongoNetworkError('connection 1 to 10.0.0.1 closed'), { count: 99, since: 0 }, 1e9);
  expect(failure.nonRetryable).toBe(false);
  expect(failure.message).not.toContain('10.0.0.1');
});

test('a defect of ours is named by its place and never shows the values it stumbled over', () => {
  const failure = classify(new TypeError('Cannot read "secret-value"'));
  expect(failure.nonRetryable).toBe(true);
  expect(failure.message).toContain('TypeError in Rollcall itself');
  expect(failure.message).not.toContain('secret-value');
});

test.each([
  ['a value that MongoDB refuses', new MongoServerError({ code: 2, message: 'secret-value' })],
  ['a document that is too large', new MongoServerError({ code: 10334, message: 'secret-value' })],
  ['an update that makes one too large', new MongoServerError({ code: 17419, message: 'secret-value' })],
  ['a document that the driver refuses', new MongoInvalidArgumentError('secret-value')],
  ['what cannot be encoded', new BSON.BSONError('secret-value')],
  ['what overflows while it is encoded', new RangeError('secret-value')],
])('%s is not MongoDB being away: it is not tried again', (_what, error) => {
  // As it comes out of the normalizing thread, too.
  for (const own of [error, fromPlain(structuredClone(toPlain(error)))]) {
    const failure = classify(own, { count: 0, since: 0 }, 0);
    expect(failure).toMatchObject({ nonRetryable: true, type: 'defect' });
    expect(JSON.stringify([failure.message, failure.details])).not.toContain('secret-value');
  }
});

test.each([11600, 189, 91, 13, 112])(
  'code %d is MongoDB being away, or another one coming first: it is tried again',
  (code) => {
    const failure = classify(new MongoServerError({ code, message: 'not now' }), { count: 99, since: 0 }, 1e9);
    expect(failure).toMatchObject({ nonRetryable: false, type: 'StorageUnavailable' });
  },
);
