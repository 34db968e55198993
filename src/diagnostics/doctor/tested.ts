import { attention, ok, type Finding } from './check.js';

/** Versions that Rollcall is made for (src/servers/programs/binaries.ts; 1.24 is the server of Temporal's CLI 1.0), and the newest major. */
export const TESTED = {
  Node: { oldest: '20.19', newestMajor: 24 },
  MongoDB: { oldest: '6.0', newestMajor: 8 },
  Temporal: { oldest: '1.24', newestMajor: 1 },
} as const;

/** Holds a version against those that were tested. */
export function versionFinding(what: keyof typeof TESTED, version: string, more = ''): Finding {
  const { oldest, newestMajor } = TESTED[what];
  const says = `${what} ${version}${more}`;
  if (isOlder(version, oldest)) return attention(`${says} is too old`, `Upgrade it to ${oldest} or later`);
  const major = Number.parseInt(version, 10);
  if (major > newestMajor)
    return attention(
      `${says} is newer than what Rollcall is tested with`,
      `Use ${what} ${newestMajor}, or upgrade Rollcall`,
    );
  return ok(says);
}

function isOlder(version: string, than: string): boolean {
  const [a = 0, b = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [c = 0, d = 0] = than.split('.').map(Number);
  return a < c || (a === c && b < d);
}
