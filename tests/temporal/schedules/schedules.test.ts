import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { msToTs, tsToDate } from '@temporalio/common/lib/time';
import * as fc from 'fast-check';
import { pino } from 'pino';
import { openClient } from '../../../src/client.js';
import { loadConfig, type Config } from '../../../src/config.js';
import { calendarOfCron, cronFault, cronOf, isNamed } from '../../../src/model/cron.js';
import { askTemporal } from '../../../src/temporal/schedules/ask.js';
import { clockChangeDays } from '../../../src/temporal/schedules/clock-changes.js';
import { makeFirstSchedules, markScheduled } from '../../../src/temporal/schedules/first.js';
import { DAILY } from '../../../src/temporal/schedules/setting.js';
import {
  applySchedule,
  applySchedules,
  changeSchedule,
  listSchedules,
  scheduleId,
  scheduleOf,
} from '../../../src/temporal/schedules/schedules.js';
import { loadSources } from '../../../src/sources/loading/registry.js';
import { clockChanges, isTimezone, wallClock } from '../../../src/model/timezone.js';
import { dropStore, emptyStore, freshStore } from '../../support/store.js';
import { series } from '../../support/soak.js';

const configOf = (more: Record<string, string> = {}) =>
  loadConfig({
    TEMPORAL_ADDRESS: process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS'],
    TEMPORAL_TASK_QUEUE: `s${randomUUID().slice(0, 8)}`,
    ...more,
  });
const registry = loadSources();
const source = registry.get('qualys');
let client: Client;

beforeAll(async () => void (client = await openClient(configOf().temporal)));
afterAll(() => client.connection.close());

/** The configuration with other values of some variables. */
const having = (config: Config, more: Record<string, string>): Config => ({
  ...config,
  environment: { ...config.environment, ...more },
});

test('a schedule is daily unless the environment sets another one, in the configured time zone', () => {
  expect(scheduleOf(source, configOf())).toEqual({ cron: DAILY, timezone: 'UTC' });
  const config = configOf({ ROLLCALL_SCHEDULE_QUALYS: '30 4 * * 1', ROLLCALL_TIMEZONE: 'Europe/Berlin' });
  expect(scheduleOf(source, config)).toEqual({ cron: '30 4 * * 1', timezone: 'Europe/Berlin' });
});

test('applying twice updates in place: one run at a time, a catch-up window of one day, and a paused schedule stays paused', async () => {
  const config = configOf({ ROLLCALL_TIMEZONE: 'America/New_York' });
  expect(await applySchedule(client, config, source)).toBe('created');
  await changeSchedule(client, config, 'qualys', 'pause');
  expect(await applySchedule(client, having(config, { ROLLCALL_SCHEDULE_QUALYS: '15 5 * * *' }), source)).toBe(
    'updated',
  );
  const [line] = await listSchedules(client, config, ['qualys', 'crowdstrike']);
  expect(line).toMatchObject({ source: 'qualys', cron: '15 5 * * *', timezone: 'America/New_York', paused: true });
  const description = await client.schedule.getHandle(scheduleId(config, 'qualys')).describe();
  expect(description.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 86_400_000 });
  expect(description.spec.jitter).toBe(300_000);

  await changeSchedule(client, config, 'qualys', 'unpause');
  expect((await listSchedules(client, config, ['qualys']))[0]!.paused).toBe(false);
  await changeSchedule(client, config, 'qualys', 'delete');
  expect(await listSchedules(client, config, ['qualys'])).toEqual([]);
  await expect(changeSchedule(client, config, 'qualys', 'pause')).rejects.toThrow('qualys has no schedule');
});

describe('the list of schedules', () => {
  test.each(['15 */6 * * 1-5', '30 4 * * 1', '0 4 * * *', '*/15 8-18 1,15 JAN,mar sun', '5/20 1 * * 7'])(
    '%s is shown as it was set, with its next times',
    async (cron) => {
      const config = configOf({ ROLLCALL_SCHEDULE_QUALYS: cron, ROLLCALL_TIMEZONE: 'Asia/Kolkata' });
      await applySchedule(client, config, source);
      const [line] = await listSchedules(client, config, ['qualys']);
      expect(line).toMatchObject({ cron, timezone: 'Asia/Kolkata', next: line!.upcoming[0] });
      expect(line!.upcoming.length).toBeGreaterThan(1);
      // Each run starts up to five minutes late.
      const named = (time: number) => isNamed(calendarOfCron(cron)!, new Date(wallClock('Asia/Kolkata')(time)));
      for (const next of line!.upcoming)
        expect([0, 1, 2, 3, 4, 5].some((late) => named(next.getTime() - late * 60_000))).toBe(true);
      await changeSchedule(client, config, 'qualys', 'delete');
    },
  );

  test('times that were set outside Rollcall are shown in the same form, and a comment only when it is true', async () => {
    const config = configOf();
    await applySchedule(client, config, source);
    const shown = async (spec: object) => {
      await client.schedule
        .getHandle(scheduleId(config, 'qualys'))
        .update((previous) => ({ ...previous, spec }) as never);
      return (await listSchedules(client, config, ['qualys']))[0]!.cron;
    };
    expect(await shown({ cronExpressions: ['0 2 * * 1-5', '0 8 * * 6 # 0 9 * * 6'] })).toBe('0 2 * * 1-5; 0 8 * * 6');
    expect(await shown({ intervals: [{ every: '6 hours', offset: '90 minutes' }] })).toBe('every 6h from 90min');
    const calendar = { hour: [{ start: 0, end: 23, step: 6 }], minute: 15, dayOfWeek: ['MONDAY', 'FRIDAY'] };
    expect(await shown({ calendars: [{ ...calendar, comment: 'ours' }] })).toBe('15 */6 * * 1,5');
    await changeSchedule(client, config, 'qualys', 'delete');
  });

  test('a calendar converted to a cron expression names the same times', () => {
    const part = (last: number) =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: 1, max: last }).map((step) => `*/${step}`),
        fc.uniqueArray(fc.integer({ min: 1, max: last }), { minLength: 1, maxLength: 5 }).map((list) => list.join()),
      );
    const crons = fc.tuple(part(59), part(23), part(31), part(12), part(6)).map((fields) => fields.join(' '));
    fc.assert(
      fc.property(crons, (cron) => {
        const calendar = calendarOfCron(cron)!;
        expect(calendarOfCron(cronOf(calendar))).toEqual(calendar);
      }),
    );
  });
});

describe('a wrong setting', () => {
  test.each([
    ['61 4 * * 1', 'its minute, 61, is not'],
    ['0 24 * * *', 'its hour, 24, is not'],
    ['0 4 0 * *', 'its day of the month, 0, is not'],
    ['0 4 * 13 *', 'its month, 13, is not'],
    ['0 4 * * 8', 'its day of the week, 8, is not'],
    ['0 4 * * 1#2', 'its day of the week, 1#2, is not'],
    ['0 22-4 * * *', 'its hour, 22-4, is not'],
    ['*/0 4 * * *', 'its minute, */0, is not'],
    ['daily', 'five fields'],
    ['0 0 4 * * *', 'five fields'],
  ])('%s is reported with the variable and the value', (cron, fault) => {
    expect(() => scheduleOf(source, configOf({ ROLLCALL_SCHEDULE_QUALYS: cron }))).toThrow(
      expect.objectContaining({
        kind: 'settings-invalid',
        message: expect.stringMatching(
          `^ROLLCALL_SCHEDULE_QUALYS="${cron.replace(/[*/]/g, '\\$&')}" .*${fault.replace(/[*/]/g, '\\$&')}`,
        ),
      }),
    );
  });

  test.each(['Mars/Base', '+02:00', ''.padEnd(300, 'x')])('every command reports the invalid time zone %s', (zone) => {
    expect(() => configOf({ ROLLCALL_TIMEZONE: zone })).toThrow(`ROLLCALL_TIMEZONE: "${zone}" is not`);
  });

  test('no schedule is applied when one is wrong, also when only Temporal detects it', async () => {
    const config = configOf({ ROLLCALL_TIMEZONE: 'europe/berlin' });
    const both = [source, registry.get('crowdstrike')];
    const error = await applySchedules(client, config, both).catch((error: unknown) => error);
    expect(error).toMatchObject({ kind: 'settings-invalid' });
    expect((error as Error).message).toMatch(/^ROLLCALL_TIMEZONE="europe\/berlin" is not a time zone/);
    const wrong = having({ ...config, timezone: 'UTC' }, { ROLLCALL_SCHEDULE_CROWDSTRIKE: '61 4 * * 1' });
    await expect(applySchedules(client, wrong, both)).rejects.toThrow('ROLLCALL_SCHEDULE_CROWDSTRIKE="61 4 * * 1"');
    expect(await listSchedules(client, config, ['qualys', 'crowdstrike'])).toEqual([]);
  });

  test('Rollcall rejects the same cron expressions as Temporal', async () => {
    const token = fc.oneof(
      fc.integer({ min: 0, max: 62 }).map(String),
      fc.constantFrom(
        '*',
        '?',
        'L',
        'MON',
        'sunday',
        'jan',
        '*/2',
        '1-5',
        '5-1',
        '3/2',
        '*/0',
        '1-70',
        '0-7',
        '1,2',
        '',
      ),
    );
    const crons = fc.array(
      fc.oneof(
        token,
        token,
        fc.tuple(token, token).map((two) => two.join()),
      ),
      {
        minLength: 5,
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(crons, async (fields) => {
        const cron = fields.map((field) => field || '*').join(' ');
        const setting = { cron, timezone: 'UTC', cronFrom: 'x', timezoneFrom: 'y' };
        const rejected = await askTemporal(client, setting).then(
          () => false,
          () => true,
        );
        expect([cron, cronFault(cron) !== undefined]).toEqual([cron, rejected]);
      }),
      { numRuns: series(8, 60) },
    );
  });
});

describe('days with clock changes', () => {
  test('no time zone changes its clocks at the hour of the default schedule', () => {
    const [minute, hour] = DAILY.split(' ').map(Number) as [number, number];
    const from = Date.UTC(2026, 0, 1);
    const found: string[] = [];
    let changes = 0;
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      for (const { before, after } of clockChanges(zone, from, from + 366 * 86_400_000)) {
        for (let wall = Math.min(before, after); wall < Math.max(before, after); wall += 60_000) {
          const time = new Date(wall);
          if (time.getUTCHours() === hour && time.getUTCMinutes() === minute) found.push(zone);
        }
        changes += 1;
      }
    }
    expect(found).toEqual([]);
    expect(changes).toBeGreaterThan(100);
  });

  test.each([
    'Europe/Berlin',
    'America/New_York',
    'America/Santiago',
    'Africa/Cairo',
    'Australia/Lord_Howe',
    'Asia/Beirut',
    'Africa/Casablanca',
    'Pacific/Chatham',
    'America/Nuuk',
    'Pacific/Easter',
  ])('by default there is exactly one run on each day in %s', async (timezone) => {
    const config = configOf({ ROLLCALL_TIMEZONE: timezone });
    await applySchedule(client, config, source);
    const start = Date.UTC(2027, 0, 1, 12);
    const { startTime } = await client.schedule.workflowService.listScheduleMatchingTimes({
      namespace: 'default',
      scheduleId: scheduleId(config, 'qualys'),
      startTime: msToTs(start),
      endTime: msToTs(start + 366 * 86_400_000),
    });
    const wall = wallClock(timezone);
    const days = startTime.map((time) => new Date(wall(tsToDate(time).getTime())).toISOString().slice(0, 10));
    const first = Date.parse(days[0]!);
    expect(days).toEqual(days.map((_, at) => new Date(first + at * 86_400_000).toISOString().slice(0, 10)));
    expect(days.length).toBeGreaterThan(364);
    expect(await clockChangeDays(client, scheduleId(config, 'qualys'), { cron: DAILY, timezone }, start)).toEqual([]);
    await changeSchedule(client, config, 'qualys', 'delete');
  });

  test.each<[cron: string, timezone: string, odd: [day: string, times: number, instead: number][]]>([
    [
      '30 2 * * *',
      'Europe/Berlin',
      [
        ['2027-03-28', 0, 1],
        ['2028-03-26', 0, 1],
      ],
    ],
    [
      '0 */2 * * *',
      'Europe/Berlin',
      [
        ['2027-03-28', 11, 12],
        ['2028-03-26', 11, 12],
      ],
    ],
    ['30 2 * * 1-5', 'Europe/Berlin', []],
    ['*/30 * * * *', 'Europe/Berlin', []],
    [
      '30 23 * * *',
      'America/Santiago',
      [
        ['2027-04-03', 2, 1],
        ['2028-04-01', 2, 1],
      ],
    ],
    [
      '30 0 * * *',
      'America/Santiago',
      [
        ['2027-09-05', 0, 1],
        ['2028-09-03', 0, 1],
      ],
    ],
    ['58 23 * * *', 'Europe/Berlin', []],
  ])(
    '%s in %s is reported with the days on which Temporal does not start as many runs as usual',
    async (cron, timezone, odd) => {
      const config = configOf({ ROLLCALL_SCHEDULE_QUALYS: cron, ROLLCALL_TIMEZONE: timezone });
      await applySchedule(client, config, source);
      const found = await clockChangeDays(
        client,
        scheduleId(config, 'qualys'),
        { cron, timezone },
        Date.UTC(2027, 0, 1),
      );
      expect(found.map(({ day, times, instead }) => [day, times, instead])).toEqual(odd);
      await changeSchedule(client, config, 'qualys', 'delete');
    },
  );

  test('isTimezone accepts time zones and rejects text that only looks like one', () => {
    expect(['UTC', 'Europe/Vienna', 'US/Eastern', 'Etc/GMT-3'].every(isTimezone)).toBe(true);
    expect(['', 'Mars/Base', '+02:00', '02:00', 'Europe'].some(isTimezone)).toBe(false);
  });
});

describe('the first start of a worker', () => {
  const log = pino({ level: 'silent' });
  const needs = { QUALYS_URL: 'https://qualys.test', QUALYS_USERNAME: 'x', QUALYS_PASSWORD: 'y' };
  let store: Awaited<ReturnType<typeof freshStore>>;
  beforeAll(async () => void (store = await freshStore()));
  afterEach(() => emptyStore(store));
  afterAll(() => dropStore(store));
  const start = (config: Config) => makeFirstSchedules({ client, store, config, log }, registry);
  const names = [...registry.names()];
  const listed = async (config: Config) =>
    (await listSchedules(client, config, names)).map(({ source, cron, paused }) => [source, cron, paused]);

  test('gives each configured source its schedule, even when several workers start at once', async () => {
    const config = configOf(needs);
    await Promise.all([start(config), start(config), start(config)]);
    expect(await listed(config)).toEqual([['qualys', DAILY, false]]);
    const more = having(config, { EVENTS_PATH: '/tmp/events.jsonl' });
    await start(more);
    expect(await listed(config)).toEqual([
      ['events', DAILY, false],
      ['qualys', DAILY, false],
    ]);
    for (const [name] of await listed(config)) await changeSchedule(client, config, name as string, 'delete');
  });

  test('does not change schedules that a user set, paused or removed, and does nothing when it is disabled', async () => {
    const off = configOf({ ...needs, ROLLCALL_AUTO_SCHEDULE: 'false' });
    await start(off);
    expect(await listed(off)).toEqual([]);

    const config = configOf(needs);
    await applySchedule(client, having(config, { ROLLCALL_SCHEDULE_QUALYS: '15 5 * * *' }), source);
    await changeSchedule(client, config, 'qualys', 'pause');
    await start(config);
    expect(await listed(config)).toEqual([['qualys', '15 5 * * *', true]]);
    await changeSchedule(client, config, 'qualys', 'delete');
    await start(config);
    expect(await listed(config)).toEqual([]);

    // The user removed the schedule before any worker started.
    const another = configOf(needs);
    await markScheduled(store, another, source);
    await start(another);
    expect(await listed(another)).toEqual([]);
  });

  test('continues when a setting is wrong, and creates the schedule when it is right', async () => {
    const config = configOf({ ...needs, ROLLCALL_SCHEDULE_QUALYS: '61 4 * * 1' });
    await start(config);
    expect(await listed(config)).toEqual([]);
    await start(having(config, { ROLLCALL_SCHEDULE_QUALYS: '1 4 * * 1' }));
    expect(await listed(config)).toEqual([['qualys', '1 4 * * 1', false]]);
    await changeSchedule(client, config, 'qualys', 'delete');
  });
});
