import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dropStore, freshStore } from '../../../support/store.js';
import { runProgram } from '../../../support/program.js';

const cwd = mkdtempSync(join(tmpdir(), 'rollcall-schedule-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

test('apply sets all schedules or none and warns about clock changes, list shows them as set, and remove is permanent', async () => {
  const store = await freshStore();
  const queue = `s${randomUUID().slice(0, 8)}`;
  const schedule = (args: string[], more: Record<string, string> = {}) =>
    runProgram(['schedule', ...args], {
      cwd,
      env: {
        TEMPORAL_ADDRESS: process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS'],
        TEMPORAL_TASK_QUEUE: queue,
        MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
        MONGODB_DATABASE: store.db.databaseName,
        ROLLCALL_COLLECT: 'qualys,crowdstrike',
        ...more,
      },
    });
  try {
    const wrong = await schedule(['apply'], { ROLLCALL_SCHEDULE_CROWDSTRIKE: '61 4 * * 1' });
    expect(wrong).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/^ROLLCALL_SCHEDULE_CROWDSTRIKE="61 4 \* \* 1" is not a cron .*minute, 61/),
    });

    const own = { ROLLCALL_SCHEDULE_QUALYS: '15 */6 * * 1-5', ROLLCALL_SCHEDULE_CROWDSTRIKE: '30 2 * * *' };
    const { code, out, err } = await schedule(['apply', '--json'], { ...own, ROLLCALL_TIMEZONE: 'Europe/Berlin' });
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      [
        { source: 'qualys', cron: '15 */6 * * 1-5', timezone: 'Europe/Berlin' },
        { source: 'crowdstrike', cron: '30 2 * * *', timezone: 'Europe/Berlin' },
      ],
    ]);
    expect((JSON.parse(out) as { upcoming: string[] }[])[0]!.upcoming.length).toBeGreaterThan(2);
    expect(err).toMatch(
      /qualys: created\ncrowdstrike: created\n[^]*! crowdstrike: 30 2 \* \* \* Europe\/Berlin does not fire on \d{4}-03-\d\d, when the clocks/,
    );
    expect(err).not.toContain('! qualys');
    const listed = (await schedule(['list'])).out;
    for (const text of ['15 */6 * * 1-5', '30 2 * * *', 'Europe/Berlin']) expect(listed).toContain(text);

    expect((await schedule(['remove'])).out).toBe('qualys: removed\ncrowdstrike: removed\n');
    expect(await store.sources.findOne({ _id: 'qualys' })).toMatchObject({ scheduled: `default/${queue}-qualys` });
  } finally {
    await dropStore(store);
  }
});
