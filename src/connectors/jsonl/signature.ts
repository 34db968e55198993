import { stat } from 'node:fs/promises';

/** Identifies a file's state; changes when the file changes. */
export const signatureOf = ({ ino, size, mtimeMs }: { ino: number; size: number; mtimeMs: number }): string =>
  `${ino}:${size}:${mtimeMs}`;

export async function signatureAt(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  return stats ? signatureOf(stats) : 'missing';
}
