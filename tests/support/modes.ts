import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Returns `folder` and every file and folder in it that users other than the owner may use, as `path 644`. */
export function openToOthers(folder: string): string[] {
  const paths = [folder, ...readdirSync(folder, { recursive: true }).map((entry) => join(folder, String(entry)))];
  return paths.flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    const shared = stats && !stats.isSymbolicLink() && (stats.mode & 0o077) !== 0;
    return shared ? [`${path} ${(stats.mode & 0o777).toString(8)}`] : [];
  });
}
