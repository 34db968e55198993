import { randomUUID } from 'node:crypto';
import { openClient } from '../src/client.js';
import { loadConfig } from '../src/config.js';
import { applySchedule, changeSchedule, listSchedules, scheduleId, scheduleOf } from '../src/schedules.js';
import { loadSources } from '../src/sources/index.js';

const configOf = (more: Record<string, string> = {}) =>
  loadConfig({
    TEMPORAL_ADDRESS: process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS'],
    TEMPORAL_TASK_QUEUE: `s${randomUUID().slice(0, 8)}`,
    ...more,
  });
const source = loadSources().get('qualys');

test('a schedule is daily unless the environment says otherwise, in the set time zone', () => {
  expect(scheduleOf(source, configOf())).toEqual({ cron: '0 2 * * *', timezone: 'UTC' });
  const config = configOf({ ROLLCALL_SCHEDULE_QUALYS: '30 4 * * 1', ROLLCALL_TIMEZONE: 'Europe/Berlin' });
  expect(scheduleOf(source, config)).toEqual({ cron: '30 4 * * 1', timezone: 'Europe/Berlin' });
  expect(() => scheduleOf(source, configOf({ ROLLCALL_SCHEDULE_QUALYS: 'daily' }))).toThrow('ROLLCALL_SCHEDULE_QUALYS');
});

test('applying twice updates in place: one run at a time, a day of catching up, and a paused one stays paused', async () => {
  const config = configOf({ ROLLCALL_TIMEZONE: 'America/New_York' });
  const client = await openClient(config.temporal);
  try {
    expect(await applySchedule(client, config, source)).toBe('created');
    await changeSchedule(client, config, 'qualys', 'pause');
    const later = { ...config, environment: { ...config.environment, ROLLCALL_SCHEDULE_QUALYS: '15 5 * * *' } };
    expect(await applySchedule(client, later, source)).toBe('updated');
    const [line] = await listSchedules(client, config, ['qualys', 'crowdstrike']);
    expect(line).toMatchObject({ source: 'qualys', cron: 'at 05:15', timezone: 'America/New_York', paused: true });
    const description = await client.schedule.getHandle(scheduleId(config, 'qualys')).describe();
    expect(description.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 86_400_000 });
    expect(description.spec.jitter).toBe(300_000);

    await changeSchedule(client, config, 'qualys', 'unpause');
    expect((await listSchedules(client, config, ['qualys']))[0]!.paused).toBe(false);
    await changeSchedule(client, config, 'qualys', 'delete');
    expect(await listSchedules(client, config, ['qualys'])).toEqual([]);
    await expect(changeSchedule(client, config, 'qualys', 'pause')).rejects.toThrow('qualys has no schedule');
  } finally {
    await client.connection.close();
  }
});

test('a daily schedule keeps its local hour when daylight saving begins and ends', async () => {
  const config = configOf({ ROLLCALL_TIMEZONE: 'Europe/Berlin', ROLLCALL_SCHEDULE_QUALYS: '0 6 * * *' });
  const client = await openClient(config.temporal);
  try {
    await applySchedule(client, config, source);
    const { nextActionTimes } = (await client.schedule.getHandle(scheduleId(config, 'qualys')).describe()).info;
    const hours = new Set(
      nextActionTimes.map((time) =>
        new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin', hour: 'numeric', hour12: false }).format(time),
      ),
    );
    expect(nextActionTimes.length).toBeGreaterThan(2);
    expect([...hours]).toEqual(['06']);
  } finally {
    await changeSchedule(client, config, 'qualys', 'delete');
    await client.connection.close();
  }
});
