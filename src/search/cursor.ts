import { Failure } from '../model/failure.js';
import type { Found } from './fields.js';
import type { Range, Step } from './text.js';

/** Where a host stands in the list: the step that finds it first, its least value there, its id. */
export type Place = readonly [step: number, value: string | null, id: string];

/** `undefined` where no step finds it. */
export function placeOf(host: Found, steps: readonly Step[]): Place | undefined {
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

/** As MongoDB compares texts: by their bytes, which for UTF-8 is by code point. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function comparePlaces(a: Place, b: Place): number {
  return a[0] - b[0] || compareText(a[1] ?? '', b[1] ?? '') || compareText(a[2], b[2]);
}

/** A place as text that says nothing to whoever keeps it. */
export function cursorOf(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Whether hosts that a step finds can stand at that value: an index cannot be read from outside of its bounds. */
function holds(step: Step, value: string | null): boolean {
  if ('exact' in step) return value === '';
  if (step.from === null || value === null) return step.from === null && value === null;
  return compareText(value, step.from) >= 0 && compareText(value, step.to) < 0;
}

/** Throws `Failure` for what `cursorOf` has not made for as many steps. */
export function placeAt(cursor: string, steps: readonly Step[]): Place {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    if (Array.isArray(place) && place.length === 3) {
      const [step, value, id] = place as unknown[];
      const known = Number.isInteger(step) ? steps[step as number] : undefined;
      if (known && (value === null || typeof value === 'string') && typeof id === 'string' && holds(known, value))
        return [step as number, value, id];
    }
  } catch {
    // said below
  }
  throw new Failure('settings-invalid', 'This is not where a page of this list ended', {
    remedy: 'Begin at its first page',
  });
}
