import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DAY_MS = 86_400_000;
/** A demo that is repeated within these days finds the machines as it left them: what did not change is not written again. */
const KEPT_DAYS = 7;

/**
 * The present of the demo's fleet, ISO 8601: the beginning of today (UTC), or of the day of an earlier demo with the same
 * database. `folder` is where the demo keeps its files.
 */
export function fleetDate(folder: string, database: string, now = new Date()): string {
  const file = join(folder, `${database}.date`);
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const known = Date.parse(readIfThere(file));
  if (known <= today && known > today - KEPT_DAYS * DAY_MS) return new Date(known).toISOString();
  const date = new Date(today).toISOString();
  writeFileSync(file, `${date}\n`);
  return date;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
