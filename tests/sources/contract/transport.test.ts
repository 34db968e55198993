import type { FaultKind } from '../../../simulator/faults/fault.js';
import { interrupt } from './interrupted.js';
import { expectSilent, list } from './listed.js';
import { declared, limitTo } from './limits.js';
import { closeSimulators, simulate } from './simulated.js';
import { SUBJECTS, WAYS, type Subject } from './subjects.js';

/** Deadlines in milliseconds that these tests give every source in place of its own, which are longer than a test may last. */
const SHORT = { headersMs: 4_000, idleMs: 4_000, bodyMs: 5_000 };

jest.mock('../../../src/connectors/http/input.js', () =>
  jest.requireActual<typeof import('./limits.js')>('./limits.js').limited(),
);

beforeAll(async () => {
  // The first answers wait for code to be compiled and for the simulator to make its texts.
  for (const subject of SUBJECTS) await list(subject.source, (await simulate(subject)).input());
  await closeSimulators();
  limitTo(SHORT);
});
afterEach(closeSimulators);

const all = async (work: (subject: Subject) => Promise<void>) => Promise.all(WAYS.map(work));

test.each<[FaultKind, string, number]>([
  ['hang', 'sent no answer within 4000 ms', SHORT.headersMs],
  ['stall', 'stopped in mid-answer for 4000 ms', SHORT.idleMs],
  // A byte now and then never counts as idle.
  ['trickle', 'did not send its whole answer within 5000 ms', SHORT.bodyMs],
  ['cut', 'cut the connection before its answer was complete', 0],
  ['reset', 'cut the connection before its answer was complete', 0],
])('%s is unreachable in time, whatever the source, and costs no record', async (kind, message, ms) => {
  // What is cut needs no clock.
  limitTo(ms > 0 ? SHORT : undefined);
  await all(async (subject) => {
    const { failure, seconds } = await interrupt(subject, { kind, ms: 100 });
    expect([subject.title, failure.kind]).toEqual([subject.title, 'unreachable']);
    expect(failure.message).toContain(`${subject.path} ${message}`);
    expect(seconds * 1000).toBeGreaterThanOrEqual(ms - 5);
  });
});

test('a login that is never answered is unreachable in time', async () => {
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

test('a run that is cancelled lets go of an answer that does not come', async () => {
  await all(async ({ title, source, ...rest }) => {
    const { simulator, input } = await simulate({ title, source, ...rest });
    simulator.setFaults([{ kind: 'hang', at: 2, times: 1_000 }]);
    const controller = new AbortController();
    const walk = async () => {
      for await (const page of input().pages(null, { signal: controller.signal, more: () => true })) {
        setTimeout(() => controller.abort(new Error(`stop ${title}`)), 50);
        expect(page.next).not.toBeNull();
      }
    };
    await expect(walk()).rejects.toThrow(`stop ${title}`);
  });
});

test('the deadlines that the sources declare themselves all end within ten minutes', () => {
  expect(declared.length).toBeGreaterThan(SUBJECTS.length);
  for (const { limits = {} } of declared) {
    const { headersMs = 0, bodyMs = 0, idleMs = 0 } = limits;
    expect(headersMs + bodyMs).toBeLessThanOrEqual(600_000);
    expect(idleMs).toBeLessThanOrEqual(60_000);
  }
});
