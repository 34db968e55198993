import type { FailureKind } from '../../../src/model/failure.js';
import { interrupt } from './interrupted.js';
import { expectSilent, list } from './listed.js';
import { closeSimulators, simulate } from './simulated.js';
import { BY_OFFSET, WAYS } from './subjects.js';

afterEach(closeSimulators);

const WRONG = 'WRONG-canary';

describe.each(WAYS)('$title', (subject) => {
  const { source, protocol, path, secrets } = subject;

  test('wrong credentials end it at once, name their variable and are not shown', async () => {
    const { input, state } = await simulate(subject);
    const { pages, failure } = await list(source, input(Object.fromEntries(secrets.map((env) => [env, WRONG]))));
    expect(pages).toEqual([]);
    expect(failure).toMatchObject({ kind: 'credentials-rejected', details: { source: source.name } });
    expect(failure!.details.remedy).toContain(secrets[0]);
    expectSilent(failure!, [WRONG, `rollcall:${WRONG}`]);
    const { paths } = await state();
    // Pages that were asked for ahead are refused as well.
    expect(Object.values(paths).reduce((sum, requests) => sum + requests, 0)).toBeLessThanOrEqual(subject.concurrency);
  });

  test('a rate limit says how long to wait', async () => {
    const { failure } = await interrupt(subject, { kind: 'rate', limit: 0, ms: 30_000 });
    expect(failure.kind).toBe('rate-limited');
    expect(failure.details.at).toMatch(path);
    expect(failure.details.retryAfterMs).toBeGreaterThan(27_000);
    expect(failure.details.retryAfterMs).toBeLessThanOrEqual(31_000);
  });

  test('too many requests at a time are a limit too', async () => {
    const { failure } = await interrupt(subject, { kind: 'concurrency', limit: 0 });
    expect(failure.kind).toBe('rate-limited');
    expect([1000, 2000]).toContain(failure.details.retryAfterMs);
  });

  test.each([500, 502, 503, 504])('status %d is an outage and no end', async (status) => {
    const { failure } = await interrupt(subject, { kind: 'status', status, seconds: 9 });
    expect(failure).toMatchObject({ kind: 'vendor-error', details: { status } });
    expect(failure.details.retryAfterMs).toBe(status === 503 ? 9_000 : undefined);
  });

  test('an outage at the first request is no empty listing', async () => {
    const { failure } = await interrupt(subject, { kind: 'outage' }, { from: 1 });
    expect(failure).toMatchObject({ kind: 'vendor-error', details: { status: 500 } });
  });

  test.each<[number, FailureKind]>([
    [401, 'credentials-rejected'],
    [403, 'not-permitted'],
    [404, 'request-rejected'],
    [422, 'request-rejected'],
  ])('status %d in mid-listing is %s', async (status, kind) => {
    expect((await interrupt(subject, { kind: 'status', status })).failure).toMatchObject({ kind, details: { status } });
  });

  test('an error inside an answer with status 200 is named by what it says', async () => {
    const kinds: Partial<Record<typeof protocol, FailureKind>> = {
      qualys: 'request-rejected',
      crowdstrike: 'not-permitted',
    };
    const { failure } = await interrupt(subject, { kind: 'errors' });
    expect(failure).toMatchObject({ kind: kinds[protocol] ?? 'response-mismatch', details: { status: 200 } });
  });
});

test.each(BY_OFFSET)('$title is told when its page is too large for the vendor', async (subject) => {
  const { failure } = await interrupt(subject, { kind: 'max-page', records: 2 }, { from: 1 });
  expect(failure).toMatchObject({ kind: 'vendor-error', details: { status: 500 } });
});
