import type { FaultKind } from '../../../simulator/faults/fault.js';
import { interrupt, interruptions, type Interrupted } from './interrupted.js';
import { expectSilent, expectWhole, list } from './listed.js';
import { declared, limitTo } from './limits.js';
import { closeSimulators, simulate } from './simulated.js';
import { SUBJECTS, WAYS, type Subject } from './subjects.js';
import { soakTest } from '../../support/soak.js';

// Responses whose bodies are wrong, too large or missing. They share one file because replacing the limits of the
// sources loads all code again.
jest.mock('../../../src/connectors/http/input.js', () =>
  jest.requireActual<typeof import('./limits.js')>('./limits.js').limited(),
);

afterEach(async () => {
  limitTo();
  await closeSimulators();
});

const MIB = 1024 * 1024;

describe.each(WAYS)('$title', (subject) => {
  const { source, path, pageSize } = subject;

  test.each([1, 2])(
    'a response with status 200 that is not a listing is a mismatch and not the end, from request %i on',
    async (from) => {
      const kinds = ['html', 'object', 'empty-body'] as const;
      const outcomes = await interruptions(
        subject,
        kinds.map((kind) => ({ kind })),
        { from },
      );
      for (const { failure } of outcomes) {
        expect(failure).toMatchObject({ kind: 'response-mismatch', details: { status: 200 } });
        expect(failure.details.at).toMatch(path);
      }
    },
  );

  describe('with a small cap, because filling 64 MiB takes a second,', () => {
    beforeEach(() => limitTo({ maxBytes: MIB }));

    test('a response that is too large is aborted at the cap, and a response with invalid gzip is unreachable', async () => {
      const [packed, ...large] = await interruptions(
        subject,
        [{ kind: 'bad-gzip' }, { kind: 'gzip-bomb', bytes: 2 * MIB }, { kind: 'oversize', bytes: 2 * MIB }],
        // The input cannot split a page of one record.
        { environment: { [pageSize]: '1' } },
      );
      expect(packed!.failure).toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining('decompressed'),
      });
      for (const { failure } of large) {
        expect(failure.kind).toBe('response-too-large');
        expect(failure.message).toMatch(/ sent more than \d+ bytes$/);
        expect(Number(/(\d+) bytes/.exec(failure.message)![1])).toBeLessThanOrEqual(MIB);
        expect(failure.details.remedy).toContain(pageSize);
      }
    });

    test('one page over the cap is requested again in smaller pages, with a warning', async () => {
      const { simulator, input, truth } = await simulate(subject);
      simulator.setFaults([{ kind: 'oversize', bytes: 2 * MIB, at: 3 }]);
      const listed = await list(source, input());
      expectWhole(listed, truth());
      expect(listed.pages.flatMap(({ warnings }) => warnings ?? []).join()).toMatch(/requested again in smaller pages/);
    });
  });
});

// Each of these tests uses both cores for a second.
soakTest.each(['oversize', 'gzip-bomb'] as const)('the default cap ends %s at 64 MiB', async (kind) => {
  const subject = SUBJECTS[0]!;
  const environment = { [subject.pageSize]: '1' };
  const { failure } = await interrupt(subject, { kind, bytes: 65 * MIB }, { environment });
  expect(failure).toMatchObject({ kind: 'response-too-large' });
  expect(failure.message).toMatch(new RegExp(` sent more than ${64 * MIB} bytes$`));
});

test('no source declares a cap above 64 MiB', async () => {
  for (const subject of SUBJECTS) (await simulate(subject)).input();
  expect(declared.length).toBeGreaterThanOrEqual(SUBJECTS.length);
  for (const { limits = {} } of declared) expect(limits.maxBytes ?? 0).toBeLessThanOrEqual(64 * MIB);
});

describe('a response that does not arrive', () => {
  /** Deadlines in milliseconds that replace those of every source, which are longer than a test may take. */
  const SHORT = { headersMs: 4_000, idleMs: 4_000, bodyMs: 5_000 };
  const outcomes = new Map<FaultKind, [Subject, Interrupted][]>();

  const all = async (work: (subject: Subject) => Promise<void>) => Promise.all(WAYS.map(work));
  const interruptAll = async (...kinds: FaultKind[]) =>
    all(async (subject) => {
      const faults = kinds.map((kind) => ({ kind, ms: 100 }));
      for (const [at, one] of (await interruptions(subject, faults)).entries())
        outcomes.set(kinds[at]!, [...(outcomes.get(kinds[at]!) ?? []), [subject, one]]);
    });

  beforeAll(async () => {
    // The first responses are slow because code is compiled and the simulator creates its texts.
    await all(async (subject) => void (await list(subject.source, (await simulate(subject)).input())));
    await interruptAll('cut', 'reset');
    limitTo(SHORT);
    await interruptAll('hang', 'stall', 'trickle');
  });

  test.each<[FaultKind, string, number]>([
    ['hang', 'sent no response within 4000 ms', SHORT.headersMs],
    ['stall', 'sent no data for 4000 ms in the middle of its response', SHORT.idleMs],
    // A response that sends a byte now and then is never idle.
    ['trickle', 'did not send its whole response within 5000 ms', SHORT.bodyMs],
    ['cut', 'closed the connection before its response was complete', 0],
    ['reset', 'closed the connection before its response was complete', 0],
  ])('%s ends as unreachable in time for every source, and loses no record', (kind, message, ms) => {
    expect(outcomes.get(kind)).toHaveLength(WAYS.length);
    for (const [{ title, path }, { failure, seconds }] of outcomes.get(kind)!) {
      expect([title, failure.kind]).toEqual([title, 'unreachable']);
      expect(failure.message).toContain(`${path} ${message}`);
      expect(seconds * 1000).toBeGreaterThanOrEqual(ms - 5);
    }
  });

  test('a login without a response ends as unreachable in time', async () => {
    const crowdstrike = SUBJECTS.find(({ protocol }) => protocol === 'crowdstrike')!;
    limitTo(SHORT);
    const kinds = ['hang', 'stall', 'cut'] as const;
    await Promise.all(
      kinds.map(async (kind) => {
        const { simulator, input } = await simulate(crowdstrike);
        simulator.setFaults([{ kind, on: 'crowdstrike-token' }]);
        const { pages, failure } = await list(crowdstrike.source, input());
        expect(pages).toEqual([]);
        expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('/oauth2/token') });
        expectSilent(failure!, [simulator.credentials.clientSecret]);
      }),
    );
  });

  test('a cancelled run aborts the pending request', async () => {
    await all(async (subject) => {
      const { simulator, input } = await simulate(subject);
      simulator.setFaults([{ kind: 'hang', at: 2, times: 1_000 }]);
      const controller = new AbortController();
      const read = async () => {
        for await (const page of input().pages(null, { signal: controller.signal, more: () => true })) {
          setTimeout(() => controller.abort(new Error(`stop ${subject.title}`)), 50);
          expect(page.next).not.toBeNull();
        }
      };
      await expect(read()).rejects.toThrow(`stop ${subject.title}`);
    });
  });

  test('the deadlines that the sources declare end within ten minutes', () => {
    expect(declared.length).toBeGreaterThan(SUBJECTS.length);
    for (const { limits = {} } of declared) {
      const { headersMs = 0, bodyMs = 0, idleMs = 0 } = limits;
      expect(headersMs + bodyMs).toBeLessThanOrEqual(600_000);
      expect(idleMs).toBeLessThanOrEqual(60_000);
    }
  });
});
