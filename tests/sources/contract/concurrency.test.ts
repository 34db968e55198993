import { expectWhole, list } from './listed.js';
import { closeSimulators, simulate } from './simulated.js';
import { BY_OFFSET, SUBJECTS } from './subjects.js';

afterEach(closeSimulators);

describe.each(SUBJECTS)('$title', (subject) => {
  const { source, protocol, concurrency } = subject;

  test(`it has ${concurrency} requests in flight with a slow vendor, never more`, async () => {
    const { input, truth, state } = await simulate(subject, { latency: 30 });
    expectWhole(await list(source, input()), truth());
    expect((await state()).mostRunning[protocol]).toBe(concurrency);
  });

  test('no request starts before the caller asks for the first page, or after the last page that it wants', async () => {
    const { input, state } = await simulate(subject, { latency: 10 });
    const made = input();
    expect((await state()).requests).toBe(0);
    const { pages } = await list(source, made, { most: 1 });
    expect((await state()).requests).toBe(pages.length);
    expect(pages.length).toBeLessThanOrEqual(concurrency);
  });

  test('a reader that stops aborts the in-flight requests', async () => {
    const { input, state } = await simulate(subject, { latency: 20 });
    for await (const page of input().pages(null, { signal: new AbortController().signal, more: () => true })) {
      expect(page.rows).toBeGreaterThan(0);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await state()).requests).toBeLessThanOrEqual(1 + concurrency);
  });
});

test.each(BY_OFFSET)(
  '$title returns records in the order of the listing although responses overtake each other',
  async (subject) => {
    const { simulator, input, truth } = await simulate(subject);
    const inOrder = await list(subject.source, input());
    simulator.setFaults([{ kind: 'latency', ms: 60, every: 3 }]);
    const overtaken = await list(subject.source, input());
    expectWhole(overtaken, truth());
    expect(overtaken.ids).toEqual(inOrder.ids);
  },
);
