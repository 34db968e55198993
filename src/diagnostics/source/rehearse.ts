import { basename } from 'node:path';
import { Failure } from '../../model/failure.js';
import { resolveSettings } from '../../model/settings.js';
import { RecordRejected, type AnySource, type Input } from '../../model/source.js';

/** Finds errors in a definition without its settings: builds its first request without sending it, and maps a record. */
export function brokenIn(
  source: AnySource,
  file: string,
  environment: Record<string, string | undefined>,
): string | undefined {
  const attempts: [what: string, attempt: () => unknown][] = [
    ['input()', () => inputOf(source, environment).rehearse?.()],
    ['map()', () => source.map({})],
    ['map()', () => source.map({ id: '1' })],
  ];
  for (const [what, attempt] of attempts) {
    try {
      attempt();
    } catch (error) {
      if (error instanceof RecordRejected || error instanceof Failure) continue;
      // An error on an incomplete record only causes a remark. A mapping that uses an undefined variable or function can never
      // work.
      const { name, message } = error as Error;
      if (what === 'map()' && name !== 'ReferenceError' && !/is not a (?:function|constructor)$/.test(message))
        continue;
      return `${what} breaks: ${message}${lineIn(file, error)}`;
    }
  }
  return undefined;
}

/** Creates a source's input; settings without a value get a placeholder that does not resolve. */
function inputOf(source: AnySource, environment: Record<string, string | undefined>): Input {
  const placeholders = Object.values(source.settings).map(({ env, fallback }) => [
    env,
    environment[env] || fallback || 'https://placeholder.invalid',
  ]);
  return source.input(resolveSettings(source.name, source.settings, Object.fromEntries(placeholders)));
}

/** The line of a file at which an error was thrown, from its stack. */
function lineIn(file: string, error: unknown): string {
  const stack = ((error as Error).stack ?? '').split('\n');
  const frame = stack.find((line) => line.includes(`${basename(file)}:`));
  const line = frame && /:(\d+):\d+\)?$/.exec(frame.trim())?.[1];
  return line === undefined ? '' : ` (${basename(file)}, line ${line})`;
}
