/** U+2060, word joiner: without width, and never in a text that clean.ts has seen. */
const MARK = '\u2060';

/**
 * Marks texts that every object has a property of, wherever they are in a chart's option or come from its functions. ECharts
 * keeps what it knows of a text in a plain object, under the text: a system that calls itself `__proto__` would change all
 * objects of this process.
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

/** The text as it was. */
export const unguarded = (text: string): string => text.replaceAll(MARK, '');
