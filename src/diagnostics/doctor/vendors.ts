import { number } from '../../format/number.js';
import { check } from '../source/check.js';
import { attention, ok, skipped, type Check, type Finding } from './check.js';
import { skewFinding } from './clock.js';
import { configuredSources } from './sources.js';

/** Requests one page of each configured source, like `sources check`. */
export const vendorsCheck = (timeoutMs: number): Check => ({
  group: 'Vendors',
  async run(doctor) {
    const findings: Finding[] = [];
    const { config, sources } = doctor;
    for (const name of configuredSources(doctor)) {
      const file = sources.registry.fileOf(name);
      // Most vendors are slower than our own servers.
      const options = { timeout: Math.max(30, timeoutMs / 1000) };
      const { failure, response } = await check(sources.registry.get(name), file, config, options);
      if (failure) {
        const fix = failure.remedy ?? `npm run rollcall -- sources check ${name}`;
        findings.push(attention(`${name}: ${failure.message}`, fix));
        continue;
      }
      const total = response?.total === undefined ? '' : `, ${number(response.total)} records`;
      findings.push(ok(`${name} responded in ${response?.ms ?? 0} ms${total}`));
      const ahead = response?.clockAheadSeconds;
      if (ahead !== undefined && skewFinding(ahead * 1000).level !== 'ok')
        findings.push({ ...skewFinding(ahead * 1000), message: `${name}: ${skewFinding(ahead * 1000).message}` });
    }
    return findings.length > 0 ? findings : [skipped('No source is configured')];
  },
});
