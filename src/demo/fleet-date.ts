import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLEET_NOW } from '../../simulator/times.js';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** A demo that is repeated within this time uses the same fleet date, so unchanged machines are not written again. */
const KEPT_DAYS = 14;

/**
 * The current date of the demo's fleet, ISO 8601: within the last seven days, or that of an earlier demo with the same
 * database. It differs from the fleet's own date by whole weeks, because identity resolution uses times by week, and the hosts
 * must be the same on every day. `folder` is the demo's folder.
 */
export function fleetDate(folder: string, database: string, now = new Date()): string {
  const file = join(folder, `${database}.date`);
  const earlier = Date.parse(readIfThere(file));
  if (earlier <= now.getTime() && earlier > now.getTime() - KEPT_DAYS * DAY_MS) return new Date(earlier).toISOString();
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
