import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const DAY_MS = 86_400_000;
const OURS = /^rollcall(?:\.\d+)?\.log$/;

/** Whether a folder is named after a valid date, as `2026-11-21`. */
export function isDay(name: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(name)) return false;
  const time = Date.parse(`${name}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(name);
}

/**
 * Removes our log files from folders of days more than `keepDays` before `today`, and the folders that are then empty. Other
 * files stay. Never throws: another process may remove the same files.
 */
export function removeOldDays(dir: string, keepDays: number, today: string): void {
  const first = new Date(Date.parse(`${today}T00:00:00Z`) - keepDays * DAY_MS).toISOString().slice(0, 10);
  try {
    for (const entry of readdirSync(dir, { withFileTypes: true }))
      if (entry.isDirectory() && isDay(entry.name) && entry.name < first) removeDay(join(dir, entry.name));
  } catch {
    // the folder cannot be read: nothing is removed
  }
}

function removeDay(folder: string): void {
  try {
    for (const name of readdirSync(folder)) if (OURS.test(name)) rmSync(join(folder, name), { force: true });
    rmdirSync(folder);
  } catch {
    // the folder holds other files, or was removed already
  }
}
