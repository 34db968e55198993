import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqs, type OpenSqs } from '../../src/servers/sqs.js';
import { eventually } from './eventually.js';

/** One SQS server for all test files. The first call starts it. Each test creates its own queue. */
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

/**
 * The server ends with the process of the first test file. That process runs later test files too, and ends with the
 * last one.
 */
async function started(dir: string): Promise<{ endpoint?: string; error?: string }> {
  try {
    const { endpoint } = await openSqs({ dir, notify: () => {} });
    return { endpoint };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Other processes see the complete file or no file. */
function writeWhole(path: string, value: object): void {
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
}
