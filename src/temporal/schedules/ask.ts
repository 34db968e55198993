import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { badCron, badTimezone, type ScheduleSetting } from './setting.js';

/** Status code of gRPC. */
const INVALID_ARGUMENT = 3;

/**
 * Lets Temporal validate a schedule setting without applying it, by updating a schedule that does not exist: Temporal validates
 * the update before it looks for the schedule. Throws `Failure('settings-invalid')` that names the variable or file at fault.
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
  // The expected error is "not found". Any other problem appears when the schedule is applied.
  return undefined;
}
