import { attention, ok, type Finding } from './check.js';

/** The oldest supported versions (src/servers/programs/binaries.ts; 1.24 is the server of Temporal's CLI 1.0), and the newest tested major. */
export const TESTED = {
  Node: { oldest: '20.19', newestMajor: 24 },
  MongoDB: { oldest: '6.0', newestMajor: 8 },
  Temporal: { oldest: '1.24', newestMajor: 1 },
} as const;

/** Compares a version with the tested ones. */
export function versionFinding(what: keyof typeof TESTED, version: string, more = ''): Finding {
  const { oldest, newestMajor } = TESTED[what];
  const message = `${what} ${version}${more}`;
  if (isOlder(version, oldest)) return attention(`${message} is too old`, `Upgrade it to ${oldest} or later`);
  const major = Number.parseInt(version, 10);
  if (major > newestMajor)
    return attention(
      `${message} is newer than what Rollcall is tested with`,
      `Use ${what} ${newestMajor}, or upgrade Rollcall`,
    );
  return ok(message);
}

function isOlder(version: string, than: string): boolean {
  const [a = 0, b = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const [c = 0, d = 0] = than.split('.').map(Number);
  return a < c || (a === c && b < d);
}
