import { runProgressQuery } from '../../src/model/messages.js';
import { eventually } from '../support/eventually.js';
import { openControlled, type Controlled } from './controlled.js';

/** When a run merges. */
let controlled: Controlled;
beforeAll(async () => {
  controlled = await openControlled(process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS']!);
});
afterEach(() => controlled.merges.splice(0));
afterAll(() => controlled?.close());

test('a run merges once, after its last source, and all activities of the worker share the parts of a plan', async () => {
  const [quick, slow] = [controlled.source(1), controlled.source(2)];
  slow.fetching.close();
  controlled.partsLeft.push(3);
  const { handle, account } = await controlled.start(quick, slow);
  await eventually('the quick source', () => controlled.until(quick, 'done'));
  await slow.fetching.reached;
  expect(controlled.merges).toEqual([]);
  slow.fetching.open();
  expect(await account()).toMatchObject({ status: 'complete' });
  expect(controlled.merges[0]).toBe('records');
  expect(controlled.merges.slice(1, 4).sort()).toEqual(['part 0 of 3', 'part 1 of 3', 'part 2 of 3']);
  expect(controlled.merges.slice(4)).toEqual(['records']);
  expect(await handle.query(runProgressQuery)).toMatchObject({ merging: { records: 32 } });
});

test('a source that parks counts as ended, and merges its own records when it continues after its run', async () => {
  const [whole, broken] = [controlled.source(1), controlled.source(3)];
  broken.broken = 1;
  const { handle } = await controlled.start(whole, broken);
  await eventually('the parked source', () => controlled.until(broken, 'parked'));
  await handle.result().catch(() => {});
  expect(controlled.merges).toEqual(['records']);
  broken.broken = undefined;
  await controlled.workflow(broken).signal('resume');
  await eventually('the second merge', async () => controlled.merges.length === 2);
  expect(await controlled.workflow(broken).result()).toMatchObject({ status: 'complete' });
});
