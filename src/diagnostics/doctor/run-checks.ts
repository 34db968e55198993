import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../model/failure.js';
import { attention, down, skipped, type Check, type Doctor, type Finding, type Level } from './check.js';

/** Beginning of the message of a check whose server does not respond. */
export const NOT_CHECKED = 'Not checked';

export interface Group {
  group: string;
  findings: Finding[];
}

/** Runs all checks concurrently, each for at most `timeoutMs`; a failing check does not affect the others. */
export function runChecks(checks: readonly Check[], doctor: Doctor, timeoutMs: number): Promise<Group[]> {
  return Promise.all(
    checks.map(async (check) => ({ group: check.group, findings: await findingsOf(check, doctor, timeoutMs) })),
  );
}

async function findingsOf(check: Check, doctor: Doctor, timeoutMs: number): Promise<Finding[]> {
  const controller = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: controller.signal, ref: false }).then(() => {
    throw new Failure('server-unavailable', `${check.about ?? check.group}: no response within ${timeoutMs / 1000} s`, {
      remedy: check.about
        ? `Check the log of ${check.about}; --timeout extends the limit`
        : '--timeout extends the limit',
    });
  });
  late.catch(() => {}); // ignored when the check is faster
  try {
    return await Promise.race([check.run(doctor), late]);
  } catch (error) {
    return [explain(check, error)];
  } finally {
    controller.abort();
  }
}

function explain({ about }: Check, error: unknown): Finding {
  // Messages of drivers may contain data that was sent, so only names are shown.
  const failure = error instanceof Failure ? error : undefined;
  const message = failure?.message ?? `could not be checked: ${nameOf(error)}`;
  const fix = failure?.details.remedy ?? 'ROLLCALL_DEBUG=1 npm run rollcall -- doctor shows the stack trace';
  if (!failure && process.env['ROLLCALL_DEBUG']) process.stderr.write(`${(error as Error)?.stack}\n`);
  if (failure?.kind !== 'server-unavailable') return attention(message, fix);
  return about ? down(message, fix) : skipped(`${NOT_CHECKED}: ${message}`);
}

function nameOf(error: unknown): string {
  const { name = 'Error', codeName, code } = error as { name?: string; codeName?: string; code?: string | number };
  const detail = codeName ?? code;
  return detail === undefined ? name : `${name} (${detail})`;
}

/** The worst level of all groups; a skipped check does not count, because another check reports the cause. */
export function worst(groups: readonly Group[]): Level {
  const levels = groups.flatMap(({ findings }) => findings.map(({ level }) => level));
  return (['down', 'attention', 'ok'] as const).find((level) => levels.includes(level)) ?? 'ok';
}
