import { loadSources } from '../../../src/sources/loading/registry.js';
import { expectResumable, expectWhole, list, recordsOf } from './listed.js';
import { closeSimulators, PAGE_SIZE, simulate } from './simulated.js';
import { SUBJECTS } from './subjects.js';

afterEach(closeSimulators);

test('this contract covers every hosts source of the project', () => {
  expect([...new Set(SUBJECTS.map(({ source }) => source.name))].sort()).toEqual(
    loadSources()
      .all()
      .filter(({ dataset }) => dataset === 'hosts')
      .map(({ name }) => name),
  );
});

describe.each(SUBJECTS)('$title', (subject) => {
  const { source, pageSize } = subject;

  test('every record is read exactly once and mapped, whatever the page size', async () => {
    const { input, truth, state } = await simulate(subject, { hosts: 18 });
    const ids = truth();
    // The default page size leaves a shorter last page. The other sizes give one full page, one page that is not full,
    // and pages of one record.
    expect(ids.length % PAGE_SIZE).not.toBe(0);
    let pages = 0;
    for (const size of [PAGE_SIZE, ids.length, ids.length + 1, 1]) {
      const listed = await list(source, input({ [pageSize]: String(size) }));
      expectWhole(listed, ids);
      expect(listed.pages.reduce((rows, page) => rows + page.rows, 0)).toBe(ids.length);
      // The input requested these pages ahead and does not need them after the end.
      pages += listed.pages.length + subject.concurrency - 1;
    }
    expect((await state()).requests).toBeLessThanOrEqual(pages);
  });

  test('a listing that resumes after any page reads the rest, and the same page has the same bytes', async () => {
    const { input } = await simulate(subject);
    const whole = await list(source, input());
    expect(whole.pages.length).toBeGreaterThan(4);
    await expectResumable(source, input, whole);
  });

  test('a listing read in batches of two pages loses and duplicates nothing', async () => {
    const { input, truth } = await simulate(subject);
    const ids: string[] = [];
    let batch = await list(source, input(), { most: 2 });
    ids.push(...batch.ids);
    while (batch.pages.at(-1)?.next) {
      batch = await list(source, input(), { from: batch.pages.at(-1)!.next, most: 2 });
      expect(batch.failure).toBeUndefined();
      ids.push(...batch.ids);
    }
    expect(ids.toSorted()).toEqual(truth().toSorted());
  });

  test('an empty listing is complete and has no records', async () => {
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
    expect(pages.flatMap((page) => recordsOf(source, page))).toEqual(records);
  });
});
