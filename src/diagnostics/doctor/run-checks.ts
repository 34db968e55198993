import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../model/failure.js';
import { attention, down, skipped, type Check, type Doctor, type Finding, type Level } from './check.js';

/** Of what needs a server that does not answer. */
export const NOT_LOOKED_AT = 'Not looked at';

export interface Group {
  group: string;
  findings: Finding[];
}

/** Runs all checks side by side, none longer than `timeoutMs`; what one of them meets never hides the others. */
export function runChecks(checks: readonly Check[], doctor: Doctor, timeoutMs: number): Promise<Group[]> {
  return Promise.all(
    checks.map(async (check) => ({ group: check.group, findings: await findingsOf(check, doctor, timeoutMs) })),
  );
}

async function findingsOf(check: Check, doctor: Doctor, timeoutMs: number): Promise<Finding[]> {
  const controller = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: controller.signal, ref: false }).then(() => {
    throw new Failure('server-unavailable', `${check.about ?? check.group}: no answer within ${timeoutMs / 1000} s`, {
      remedy: check.about
        ? `Look at the log of ${check.about}; --timeout gives it longer`
        : '--timeout gives it longer',
    });
  });
  late.catch(() => {}); // when the check was faster
  try {
    return await Promise.race([check.run(doctor), late]);
  } catch (error) {
    return [explain(check, error)];
  } finally {
    controller.abort();
  }
}

function explain({ about }: Check, error: unknown): Finding {
  // Messages of drivers may hold what was sent; names do not.
  const known = error instanceof Failure ? error : undefined;
  const says = known?.message ?? `could not be looked at: ${nameOf(error)}`;
  const fix = known?.details.remedy ?? 'ROLLCALL_DEBUG=1 npm run rollcall -- doctor shows the stack trace';
  if (!known && process.env['ROLLCALL_DEBUG']) process.stderr.write(`${(error as Error)?.stack}\n`);
  if (known?.kind !== 'server-unavailable') return attention(says, fix);
  return about ? down(says, fix) : skipped(`${NOT_LOOKED_AT}: ${says}`);
}

function nameOf(error: unknown): string {
  const { name = 'Error', codeName, code } = error as { name?: string; codeName?: string; code?: string | number };
  const detail = codeName ?? code;
  return detail === undefined ? name : `${name} (${detail})`;
}

/** The worst of all levels: what was skipped counts with what made it so. */
export function worst(groups: readonly Group[]): Level {
  const levels = groups.flatMap(({ findings }) => findings.map(({ level }) => level));
  return (['down', 'attention', 'ok'] as const).find((level) => levels.includes(level)) ?? 'ok';
}
