import { Failure } from '../model/failure.js';
import type { Found } from './fields.js';
import type { Range, Step } from './text.js';

/** The position of a host in the list: the first step that finds it, its smallest value in that step, its id. */
export type SortKey = readonly [step: number, value: string | null, id: string];

/** Returns `undefined` for a host that no step finds. */
export function sortKeyOf(host: Found, steps: readonly Step[]): SortKey | undefined {
  for (const [at, step] of steps.entries()) {
    if ('exact' in step) {
      if (step.exact.some(([field, value]) => field.of(host).includes(value))) return [at, '', host._id];
    } else {
      const value = leastOf(host, step);
      if (value !== undefined) return [at, value, host._id];
    }
  }
  return undefined;
}

function leastOf(host: Found, { field, from, to }: Range): string | null | undefined {
  const values = field.of(host);
  if (from === null) return values.every((value) => value === undefined) ? null : undefined;
  let least: string | undefined;
  for (const value of values) {
    if (value === undefined || compareText(value, from) < 0 || compareText(value, to) >= 0) continue;
    if (least === undefined || compareText(value, least) < 0) least = value;
  }
  return least;
}

/** Compares texts like MongoDB: by bytes, which in UTF-8 is by code point. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function compareSortKeys(a: SortKey, b: SortKey): number {
  return a[0] - b[0] || compareText(a[1] ?? '', b[1] ?? '') || compareText(a[2], b[2]);
}

/** A sort key as opaque text. */
export function cursorOf(key: SortKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Whether hosts that a step finds can have that value. Checked because MongoDB rejects a start outside an index's bounds. */
function holds(step: Step, value: string | null): boolean {
  if ('exact' in step) return value === '';
  if (step.from === null || value === null) return step.from === null && value === null;
  return compareText(value, step.from) >= 0 && compareText(value, step.to) < 0;
}

/** Throws `Failure` for a cursor that `cursorOf` has not made for the same steps. */
export function sortKeyFrom(cursor: string, steps: readonly Step[]): SortKey {
  try {
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    if (Array.isArray(key) && key.length === 3) {
      const [step, value, id] = key as unknown[];
      const found = Number.isInteger(step) ? steps[step as number] : undefined;
      if (found && (value === null || typeof value === 'string') && typeof id === 'string' && holds(found, value))
        return [step as number, value, id];
    }
  } catch {
    // Malformed JSON is reported below.
  }
  throw new Failure('settings-invalid', 'The cursor is not valid for this list', {
    remedy: 'Start from the first page',
  });
}
