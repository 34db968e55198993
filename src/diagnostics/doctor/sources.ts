import { number } from '../../format/number.js';
import type { SourceAccount } from '../../model/run.js';
import type { SourceDoc } from '../../store/documents/sources.js';
import type { Store } from '../../store/database.js';
import { ago } from '../../format/ago.js';
import { faultyOf } from '../source/definition.js';
import { scheduleOf } from '../../temporal/schedules/schedules.js';
import { isPartlySet, settingLines } from '../source/settings.js';
import { attention, ok, skipped, type Check, type Doctor, type Finding } from './check.js';
import { calendarOfCron, longestGap } from '../../model/cron.js';

/** Checks source files and their settings without any request. */
export const definitionsCheck: Check = {
  group: 'Sources',
  run({ config, sources: { registry, faults } }) {
    const findings = faults.map((fault) => {
      const { hints } = faultyOf(fault);
      return attention(fault.message, hints[0] ?? 'Correct the file');
    });
    const all = registry
      .all()
      .map((source) => ({ name: source.name, lines: settingLines(source, config.environment) }));
    const configured = all.filter(({ lines }) => isPartlySet(lines));
    for (const { name, lines } of configured) {
      const wrong = lines.filter(({ fault }) => fault !== undefined);
      if (wrong.length === 0) findings.push(ok(`${name} is configured`));
      else {
        const which = wrong.map(({ variable, fault }) => `${variable} ${fault}`).join('; ');
        findings.push(
          attention(
            `${name}: ${which}`,
            `Set it in .env; npm run rollcall -- sources check ${name} --offline shows details`,
          ),
        );
      }
    }
    if (configured.length === 0)
      findings.push(attention('No source is configured', 'cp .env.example .env, and fill in one; or try npm run demo'));
    else if (configured.length < all.length)
      findings.push(skipped(`${all.length - configured.length} others are not configured`));
    return Promise.resolve(findings);
  },
};

/** Reports the latest outcome of the configured sources. */
export const collectedCheck: Check = {
  group: 'Collected',
  async run(doctor) {
    const store = await doctor.store();
    const names = configuredSources(doctor);
    if (names.length === 0) return [skipped('No source is configured')];
    const docs = await store.sources.find({ _id: { $in: names } }).toArray();
    const docOf = (name: string) => docs.find(({ _id }) => _id === name);
    return Promise.all(names.map((name) => collected(store, name, docOf(name), staleAfter(doctor, name))));
  },
};

/** Names of sources whose settings are complete. */
export function configuredSources({ config, sources: { registry } }: Doctor): string[] {
  return registry
    .all()
    .filter((source) => {
      const lines = settingLines(source, config.environment);
      return isPartlySet(lines) && lines.every(({ fault }) => fault === undefined);
    })
    .map(({ name }) => name);
}

/** Tolerance after the latest time at which a run is due. */
const LATE_MS = 86_400_000;

/** How long after its last complete run a source is stale, milliseconds. */
function staleAfter({ config, sources: { registry } }: Doctor, name: string): number {
  try {
    const calendar = calendarOfCron(scheduleOf(registry.get(name), config).cron);
    return (calendar ? longestGap(calendar) : LATE_MS) + LATE_MS;
  } catch {
    return 2 * LATE_MS; // the check of schedules reports the error
  }
}

async function collected(store: Store, name: string, doc: SourceDoc | undefined, stale: number): Promise<Finding> {
  const again = `npm run trigger -- ${name} --wait`;
  if (doc?.parked) {
    const { reason, remedy, at } = doc.parked;
    const then = `then ${again} resumes it from there`;
    return attention(`${name} is parked (${ago(at)}): ${reason}`, remedy ? `${remedy}; ${then}` : then);
  }
  const complete = doc?.last_complete;
  const account = doc?.last_run === undefined ? undefined : await accountOf(store, doc.last_run, name);
  if (account && (account.status === 'partial' || account.status === 'failed')) {
    const reason = account.reason ?? 'no reason is known';
    return attention(`${name} ended ${account.status} (${ago(doc?.last_checked)}): ${reason}`, account.remedy ?? again);
  }
  if (!complete) return attention(`${name} was never collected completely`, again);
  const message = `${name} completed ${ago(complete.at)}, ${number(complete.records)} records`;
  if (Date.now() - complete.at.getTime() > stale) return attention(message, again);
  return ok(message);
}

async function accountOf(store: Store, run: string, name: string): Promise<SourceAccount | undefined> {
  const doc = await store.runs.findOne({ _id: run }, { projection: { [`sources.${name}`]: 1 } });
  return doc?.sources?.[name];
}
