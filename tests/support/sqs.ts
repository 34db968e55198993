import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqs, type OpenSqs } from '../../src/servers/sqs.js';
import { eventually } from './eventually.js';

/** One server that speaks SQS for all test files, started when the first one asks for it; each test makes a queue of its own. */
export async function sharedSqs(): Promise<OpenSqs> {
  const dir = join(process.env['ROLLCALL_TEST_FOLDER']!, 'sqs');
  const place = join(dir, 'place.json');
  if (isFirst(dir)) writeWhole(place, await started(dir));
  await eventually('the SQS server of another test file', () => existsSync(place));
  const { endpoint, error } = JSON.parse(readFileSync(place, 'utf8')) as { endpoint: string; error?: string };
  if (error !== undefined) throw new Error(error);
  return { endpoint, stop: async () => {} };
}

function isFirst(dir: string): boolean {
  try {
    mkdirSync(dir);
    return true;
  } catch {
    return false;
  }
}

/** It ends with the process of the first test file, which serves others after it and ends with the last one. */
async function started(dir: string): Promise<{ endpoint?: string; error?: string }> {
  try {
    const { endpoint } = await openSqs({ dir, say: () => {} });
    return { endpoint };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Others see all of it or nothing. */
function writeWhole(path: string, value: object): void {
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
}
