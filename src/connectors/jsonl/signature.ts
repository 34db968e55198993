import { stat } from 'node:fs/promises';

/** Changes when a file does. */
export const signatureOf = ({ ino, size, mtimeMs }: { ino: number; size: number; mtimeMs: number }): string =>
  `${ino}:${size}:${mtimeMs}`;

export async function signatureAt(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  return stats ? signatureOf(stats) : 'missing';
}
