import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { badCron, badTimezone, type ScheduleSetting } from './setting.js';

/** Of gRPC. */
const INVALID_ARGUMENT = 3;

/**
 * Lets Temporal judge a setting without applying it: an update of a schedule that does not exist is checked before it is looked for.
 * Throws `Failure('settings-invalid')` that names who set what.
 */
export async function askTemporal(client: Client, setting: ScheduleSetting): Promise<void> {
  const fault = await faultOf(client, setting.cron, setting.timezone);
  if (fault === undefined) return;
  throw (await faultOf(client, setting.cron, 'UTC')) === undefined ? badTimezone(setting) : badCron(setting, fault);
}

async function faultOf(client: Client, cron: string, timezone: string): Promise<string | undefined> {
  try {
    await client.schedule.workflowService.updateSchedule({
      namespace: client.options.namespace,
      scheduleId: `rollcall-check-${randomUUID()}`,
      requestId: randomUUID(),
      schedule: {
        spec: { cronString: [cron], timezoneName: timezone },
        action: { startWorkflow: { workflowId: 'x', workflowType: { name: 'x' }, taskQueue: { name: 'x' } } },
      },
    });
  } catch (error) {
    const { code, details } = error as { code?: number; details?: string };
    if (code === INVALID_ARGUMENT) return (details ?? '').replace(/^Invalid schedule spec: /, '');
  }
  // Not found, as it should be; what else is wrong shows when it is applied.
  return undefined;
}
