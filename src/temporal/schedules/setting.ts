import type { Config } from '../../config.js';
import { cronFault } from '../../model/cron.js';
import { Failure } from '../../model/failure.js';
import type { AnySource } from '../../model/source.js';
import { isTimezone } from '../../model/timezone.js';

/**
 * The default: daily at 04:00. Clocks change between 21:00 and 04:00, when a time may be missing or occur twice. See
 * docs/decisions/2026-11-30-daily-at-four.md.
 */
export const DAILY = '0 4 * * *';

/** When a source is collected, and where that is set, for messages. */
export interface ScheduleSetting {
  cron: string;
  timezone: string;
  /** `ROLLCALL_SCHEDULE_QUALYS`, or the source's own file. */
  cronFrom: string;
  timezoneFrom: string;
}

/**
 * A source's schedule: from `ROLLCALL_SCHEDULE_<SOURCE>` if it is set, else from the source's file, else daily at 04:00. Throws
 * `Failure('settings-invalid')`.
 */
export function scheduleSetting(source: AnySource, config: Config): ScheduleSetting {
  const variable = `ROLLCALL_SCHEDULE_${source.name.toUpperCase().replace(/\W/g, '_')}`;
  const own = `the schedule in the file of ${source.name}`;
  const set = config.environment[variable]?.trim();
  const setting = {
    cron: set || source.schedule?.cron || DAILY,
    timezone: source.schedule?.timezone ?? config.timezone,
    cronFrom: set || !source.schedule ? variable : own,
    timezoneFrom: source.schedule?.timezone ? own : 'ROLLCALL_TIMEZONE',
  };
  const fault = cronFault(setting.cron);
  if (fault !== undefined) throw badCron(setting, fault);
  if (!isTimezone(setting.timezone)) throw badTimezone(setting);
  return setting;
}

export const badCron = ({ cron, cronFrom }: ScheduleSetting, fault: string): Failure =>
  new Failure('settings-invalid', `${cronFrom}="${cron}" is not a cron expression: ${fault}`, {
    at: cronFrom,
    remedy: `For example ${cronFrom.startsWith('ROLLCALL') ? `${cronFrom}=` : ''}"${DAILY}": every day at 04:00`,
  });

export const badTimezone = ({ timezone, timezoneFrom }: ScheduleSetting): Failure =>
  new Failure('settings-invalid', `${timezoneFrom}="${timezone}" is not a time zone that Temporal knows`, {
    at: timezoneFrom,
    remedy: 'Use a name of the IANA database with its exact capitals, such as Europe/Vienna or UTC',
  });
