/** U+2060, word joiner: invisible, and removed from other texts by clean.ts. */
const MARK = '\u2060';

/**
 * Marks texts that are names of properties of every object, in a chart's option and in the results of its functions. ECharts
 * caches by text in a plain object, so a system named `__proto__` would change all objects of this process.
 */
export function guarded<T>(value: T): T {
  if (typeof value === 'string') return value.split('\n').map(guardedLine).join('\n') as T;
  if (typeof value === 'function')
    return ((...given: unknown[]) => guarded((value as (...all: unknown[]) => unknown)(...given))) as T;
  if (Array.isArray(value)) return value.map((inner: unknown) => guarded(inner)) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, guarded(inner)])) as T;
}

const guardedLine = (line: string): string => (line in Object.prototype ? MARK + line : line);

/** Removes the mark. */
export const unguarded = (text: string): string => text.replaceAll(MARK, '');
