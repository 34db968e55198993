import { loadSources } from '../../../src/sources/loading/registry.js';
import { offlineInput } from '../../../src/sources/offline.js';
import { expectResumable, expectWhole, list, recordsOf } from './listed.js';
import { closeSimulators, PAGE_SIZE, simulate } from './simulated.js';
import { SUBJECTS } from './subjects.js';

afterEach(closeSimulators);

test('every source of hosts of the project is held to this contract', () => {
  expect([...new Set(SUBJECTS.map(({ source }) => source.name))].sort()).toEqual(
    loadSources()
      .all()
      .filter(({ dataset }) => dataset === 'hosts')
      .map(({ name }) => name),
  );
});

describe.each(SUBJECTS)('$title', (subject) => {
  const { source, pageSize } = subject;

  test('every record is read exactly once and maps, whatever the page size', async () => {
    const { input, truth, state } = await simulate(subject, { hosts: 18 });
    const ids = truth();
    // The default leaves a tail; then one page that is just filled, one that is not, and pages of one.
    expect(ids.length % PAGE_SIZE).not.toBe(0);
    let pages = 0;
    for (const size of [PAGE_SIZE, ids.length, ids.length + 1, 1]) {
      const listed = await list(source, input({ [pageSize]: String(size) }));
      expectWhole(listed, ids);
      expect(listed.pages.reduce((rows, page) => rows + page.rows, 0)).toBe(ids.length);
      // Asked for ahead, and not needed once the end was known.
      pages += listed.pages.length + subject.concurrency - 1;
    }
    expect((await state()).requests).toBeLessThanOrEqual(pages);
  });

  test('a walk taken up after any page reads the rest, and the same page has the same bytes', async () => {
    const { input } = await simulate(subject);
    const whole = await list(source, input());
    expect(whole.pages.length).toBeGreaterThan(4);
    await expectResumable(source, input, whole);
  });

  test('a walk in stretches of two pages loses and doubles nothing', async () => {
    const { input, truth } = await simulate(subject);
    const ids: string[] = [];
    let stretch = await list(source, input(), { most: 2 });
    ids.push(...stretch.ids);
    while (stretch.pages.at(-1)?.next) {
      stretch = await list(source, input(), { from: stretch.pages.at(-1)!.next, most: 2 });
      expect(stretch.failure).toBeUndefined();
      ids.push(...stretch.ids);
    }
    expect(ids.toSorted()).toEqual(truth().toSorted());
  });

  test('an empty listing is a complete one without records', async () => {
    const { simulator, input } = await simulate(subject, { hosts: 0 });
    const none = await list(source, input());
    expectWhole(none, []);
    simulator.setFaults([{ kind: 'no-hosts' }]);
    expectWhole(await list(source, input()), []);
  });

  test('a stored page gives the same records without the vendor and without settings', async () => {
    const { simulator, input } = await simulate(subject);
    const { pages, records } = await list(source, input());
    await simulator.stop();
    const offline = offlineInput(source, {});
    expect(pages.flatMap((page) => recordsOf(source, offline, page))).toEqual(records);
  });
});
