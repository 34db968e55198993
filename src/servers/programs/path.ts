import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Environment = Record<string, string | undefined>;

/** All executable files of the name on PATH, in order. Callers may try a later file when an earlier one is broken. */
export function onPath(command: string, environment: Environment): string[] {
  const names = process.platform === 'win32' ? [`${command}.exe`] : [command];
  return (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .filter(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
