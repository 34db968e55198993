import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLEET_NOW } from '../../simulator/times.js';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** A demo that is repeated within these days finds the machines as it left them: what did not change is not written again. */
const KEPT_DAYS = 14;

/**
 * The present of the demo's fleet, ISO 8601: within the last seven days, or that of an earlier demo with the same database.
 * Whole weeks after the fleet's own present: recognition knows times by week, so the hosts are the same on every day.
 * `folder` is where the demo keeps its files.
 */
export function fleetDate(folder: string, database: string, now = new Date()): string {
  const file = join(folder, `${database}.date`);
  const known = Date.parse(readIfThere(file));
  if (known <= now.getTime() && known > now.getTime() - KEPT_DAYS * DAY_MS) return new Date(known).toISOString();
  const weeks = Math.floor((now.getTime() - FLEET_NOW) / WEEK_MS);
  const date = new Date(FLEET_NOW + weeks * WEEK_MS).toISOString();
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
