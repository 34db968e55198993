import { createWriteStream, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../model/failure.js';

/** Returns the path from which the worker reads the given events; standard input is written to a file first. */
export async function eventsAt(named: string, folder: string): Promise<string> {
  if (named !== '-') {
    const path = resolve(named);
    if (existsSync(path)) return path;
    throw new Failure('settings-invalid', `There is no file or folder ${named}`, { at: named });
  }
  const path = resolve(join(folder, 'standard-input.jsonl'));
  await pipeline(process.stdin, createWriteStream(path));
  return path;
}
