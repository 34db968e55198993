import { basename } from 'node:path';
import { Failure } from '../../model/failure.js';
import { offlineInput } from '../../sources/offline.js';
import { RecordRejected, type AnySource } from '../../model/source.js';

/** What is broken in a definition whose settings need not be there: it makes its first request and maps a record, and nothing is sent. */
export function brokenIn(
  source: AnySource,
  file: string,
  environment: Record<string, string | undefined>,
): string | undefined {
  const attempts: [what: string, attempt: () => unknown][] = [
    ['input()', () => offlineInput(source, environment).rehearse?.()],
    ['map()', () => source.map({})],
    ['map()', () => source.map({ id: '1' })],
  ];
  for (const [what, attempt] of attempts) {
    try {
      attempt();
    } catch (error) {
      if (error instanceof RecordRejected || error instanceof Failure) continue;
      // A mapping that stumbles over an odd record is remarked on; one that calls what is not there cannot work.
      const { name, message } = error as Error;
      if (what === 'map()' && name !== 'ReferenceError' && !/is not a (?:function|constructor)$/.test(message))
        continue;
      return `${what} breaks: ${message}${lineIn(file, error)}`;
    }
  }
  return undefined;
}

/** Where in a file an error was thrown, as its stack tells. */
function lineIn(file: string, error: unknown): string {
  const stack = ((error as Error).stack ?? '').split('\n');
  const frame = stack.find((line) => line.includes(`${basename(file)}:`));
  const line = frame && /:(\d+):\d+\)?$/.exec(frame.trim())?.[1];
  return line === undefined ? '' : ` (${basename(file)}, line ${line})`;
}
