import { expectWhole, list } from './listed.js';
import { closeSimulators, PAGE_SIZE, simulate, type Simulated } from './simulated.js';
import { BY_KEY, BY_OFFSET, WAYS, type Subject } from './subjects.js';

afterEach(closeSimulators);

const oneAtATime = (subject: Subject) => ({
  [`${subject.source.name.toUpperCase().replaceAll('-', '_')}_CONCURRENCY`]: '1',
});

describe.each(WAYS)('$title', (subject) => {
  const { source } = subject;

  test('a page that repeats an earlier page by mistake is requested again: nothing is lost or duplicated', async () => {
    const { simulator, input, truth, state } = await simulate(subject);
    simulator.setFaults([
      { kind: 'duplicate-page', at: 3 },
      { kind: 'duplicate-page', at: 5 },
    ]);
    const listed = await list(source, input(oneAtATime(subject)));
    expectWhole(listed, truth());
    expect((await state()).requests).toBe(listed.pages.length + 2);
  });

  test('a vendor that always serves the same page ends the listing after two requests for it', async () => {
    const { simulator, input, truth, state } = await simulate(subject);
    simulator.setFaults([{ kind: 'duplicate-page', at: 4, times: 1_000_000 }]);
    const { pages, ids, failure } = await list(source, input(oneAtATime(subject)));
    expect(failure?.kind).toBe('listing-loops');
    expect(pages.map(({ next }) => next)).not.toContain(null);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeLessThan(truth().length);
    expect((await state()).requests).toBe(5);
  });

  test('a last page that repeats for ever is a loop and not the end, after every record was read', async () => {
    const { simulator, input, truth, state } = await simulate(subject);
    simulator.setFaults([{ kind: 'repeat-last' }]);
    const ids = truth();
    const listed = await list(source, input());
    expect(listed.failure?.kind).toBe('listing-loops');
    expect(new Set(listed.ids)).toEqual(new Set(ids));
    expect(listed.pages.at(-1)!.next).not.toBeNull();
    expect((await state()).requests).toBeLessThan(ids.length / PAGE_SIZE + 4 + subject.concurrency);
  });

  test('an endless listing is read page by page, and stops when the caller wants no more', async () => {
    const { simulator, input, truth, state } = await simulate(subject);
    simulator.setFaults([{ kind: 'endless' }]);
    const { pages, ids, failure } = await list(source, input(), { most: 12 });
    expect(failure).toBeUndefined();
    expect(pages.at(-1)!.next).not.toBeNull();
    expect(ids.length).toBe(pages.length * PAGE_SIZE);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(truth()));
    expect((await state()).requests).toBe(pages.length);
    expect(pages.length).toBeLessThan(12 + subject.concurrency);
  });

  test('a vendor that returns fewer records a page than requested loses none', async () => {
    for (const fault of [{ at: 3 }, {}]) {
      const { simulator, input, truth } = await simulate(subject);
      simulator.setFaults([{ kind: 'short-page', records: 2, ...fault }]);
      expectWhole(await list(source, input()), truth());
    }
  });
});

describe.each(BY_KEY)('$title', (subject) => {
  const { source } = subject;

  test('machines that appear and disappear during the listing shift no other: each machine that stays is read exactly once', async () => {
    const simulated = await simulate(subject, { hosts: 40 });
    const before = new Set(simulated.truth());
    const first = await list(source, simulated.input(), { most: 3 });
    simulated.simulator.inventory.fleet!.resize(20);
    const grown = await restOf(simulated, subject, first, 2);
    simulated.simulator.inventory.fleet!.resize(-30);
    const shrunk = await restOf(simulated, subject, grown);
    const ids = [...first.ids, ...grown.ids, ...shrunk.ids];
    expect(shrunk.failure).toBeUndefined();
    expect(new Set(ids).size).toBe(ids.length);
    const stayed = simulated.truth().filter((id) => before.has(id));
    expect(stayed.length).toBeGreaterThan(15);
    expect(ids).toEqual(expect.arrayContaining(stayed));
  });
});

async function restOf(
  { input }: Simulated,
  { source }: Subject,
  { pages }: Awaited<ReturnType<typeof list>>,
  most?: number,
) {
  return list(source, input(), { from: pages.at(-1)!.next, ...(most !== undefined && { most }) });
}

test.each(BY_OFFSET)(
  '$title with requests in flight reads a repeated page again, or fails with listing-loops',
  async (subject) => {
    for (const at of [2, 3, 4, 5, 6]) {
      const { simulator, input, truth } = await simulate(subject);
      simulator.setFaults([{ kind: 'duplicate-page', at }]);
      const listed = await list(subject.source, input());
      // An input cannot distinguish a page that arrives too early from the page that it replaces. The right page is
      // then the one that repeats.
      if (listed.failure) expect(listed.failure.kind).toBe('listing-loops');
      else expectWhole(listed, truth());
    }
  },
);

// The limits of skip and limit: a record moves across the border of two pages.
describe.each(BY_OFFSET)('$title', (subject) => {
  const { source } = subject;

  test('a record that appears at the front makes another record arrive twice, and none is lost', async () => {
    const { simulator, input, truth } = await simulate(subject);
    simulator.setFaults([{ kind: 'insert-front', at: 3 }]);
    const { ids, failure } = await list(source, input(oneAtATime(subject)));
    expect(failure).toBeUndefined();
    expect(ids.length).toBe(truth().length + 1);
    expect(new Set(ids)).toEqual(new Set(truth()));
    expect(ids[3 * PAGE_SIZE]).toBe(ids[3 * PAGE_SIZE - 1]);
  });

  test('a record that disappears at the front hides one other record', async () => {
    const { simulator, input, truth } = await simulate(subject);
    simulator.setFaults([{ kind: 'delete-front', at: 3 }]);
    const { ids, failure } = await list(source, input(oneAtATime(subject)));
    expect(failure).toBeUndefined();
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(truth().length - 1);
  });

  test('the end text in the middle of a listing does not end it: the following pages are read', async () => {
    const { simulator, input, truth } = await simulate(subject);
    simulator.setFaults([{ kind: 'end-text', at: 3 }]);
    expectWhole(await list(source, input(oneAtATime(subject))), truth());
  });
});
