import type { Fault } from '../../../simulator/faults/fault.js';
import type { FailureKind } from '../../../src/model/failure.js';
import { interrupt, interruptions } from './interrupted.js';
import { expectSilent, list } from './listed.js';
import { closeSimulators, simulate } from './simulated.js';
import { BY_OFFSET, WAYS } from './subjects.js';

afterEach(closeSimulators);

const WRONG = 'WRONG-canary';

describe.each(WAYS)('$title', (subject) => {
  const { source, protocol, path, secrets } = subject;

  test('wrong credentials end the listing at once; the failure names their variable and does not show them', async () => {
    const { input, state } = await simulate(subject);
    const { pages, failure } = await list(source, input(Object.fromEntries(secrets.map((env) => [env, WRONG]))));
    expect(pages).toEqual([]);
    expect(failure).toMatchObject({ kind: 'credentials-rejected', details: { source: source.name } });
    expect(failure!.details.remedy).toContain(secrets[0]);
    expectSilent(failure!, [WRONG, `rollcall:${WRONG}`]);
    const { paths } = await state();
    // The vendor also rejects pages that the input requested ahead.
    expect(Object.values(paths).reduce((sum, requests) => sum + requests, 0)).toBeLessThanOrEqual(subject.concurrency);
  });

  test('a rate limit states how long to wait, and too many concurrent requests are a rate limit too', async () => {
    const [rate, crowded] = await interruptions(subject, [
      { kind: 'rate', limit: 0, ms: 30_000 },
      { kind: 'concurrency', limit: 0 },
    ]);
    expect(rate!.failure.kind).toBe('rate-limited');
    expect(rate!.failure.details.at).toMatch(path);
    expect(rate!.failure.details.retryAfterMs).toBeGreaterThan(27_000);
    expect(rate!.failure.details.retryAfterMs).toBeLessThanOrEqual(31_000);
    expect(crowded!.failure.kind).toBe('rate-limited');
    expect([1000, 2000]).toContain(crowded!.failure.details.retryAfterMs);
  });

  test('a 5xx status is an outage and not the end of the listing', async () => {
    const statuses = [500, 502, 503, 504];
    const outcomes = await interruptions(
      subject,
      statuses.map((status) => ({ kind: 'status', status, seconds: 9 })),
    );
    expect(outcomes.map(({ failure }) => [failure.kind, failure.details.status, failure.details.retryAfterMs])).toEqual(
      statuses.map((status) => ['vendor-error', status, status === 503 ? 9_000 : undefined]),
    );
  });

  test('an outage at the first request is not an empty listing', async () => {
    const { failure } = await interrupt(subject, { kind: 'outage' }, { from: 1 });
    expect(failure).toMatchObject({ kind: 'vendor-error', details: { status: 500 } });
  });

  test('an error response in the middle of a listing is classified by its status, or by its body with status 200', async () => {
    const kinds: Record<number, FailureKind> = {
      401: 'credentials-rejected',
      403: 'not-permitted',
      404: 'request-rejected',
      422: 'request-rejected',
    };
    const inside: Partial<Record<typeof protocol, FailureKind>> = {
      qualys: 'request-rejected',
      crowdstrike: 'not-permitted',
    };
    const statuses = Object.keys(kinds).map(Number);
    const faults: Fault[] = [...statuses.map((status): Fault => ({ kind: 'status', status })), { kind: 'errors' }];
    const outcomes = await interruptions(subject, faults, { hosts: 30 });
    expect(outcomes.map(({ failure }) => [failure.details.status, failure.kind])).toEqual([
      ...statuses.map((status) => [status, kinds[status]]),
      [200, inside[protocol] ?? 'response-mismatch'],
    ]);
  });
});

test.each(BY_OFFSET)('$title fails with vendor-error when its page is too large for the vendor', async (subject) => {
  const { failure } = await interrupt(subject, { kind: 'max-page', records: 2 }, { from: 1 });
  expect(failure).toMatchObject({ kind: 'vendor-error', details: { status: 500 } });
});
