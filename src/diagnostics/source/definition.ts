import { relative } from 'node:path';
import type { Failure } from '../../model/failure.js';
import { nearest } from '../../sources/loading/nearest.js';
import { RecordRejected, type AnySource } from '../../model/source.js';

const FIELDS = [
  'name',
  'vendor',
  'dataset',
  'docs',
  'settings',
  'schedule',
  'freshnessMs',
  'listing',
  'mapping',
].concat('input', 'decode', 'map');
const GUIDE = 'docs/adding-a-source.md#the-definition';

/** A file that is not a valid source: its error, and hints for the user. */
export interface Faulty {
  file: string;
  fault: string;
  hints: string[];
}

/** A path relative to the current folder, if it is below it. */
export function shownPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') ? file : path;
}

export function faultyOf(failure: Failure): Faulty {
  const hints = [...failure.message.matchAll(/Unrecognized keys?: ((?:"[^"]+"(?:, )?)+)/g)]
    .flatMap(([, keys]) => [...keys!.matchAll(/"([^"]+)"/g)].map(([, key]) => key!))
    .map((key) => {
      const near = nearest(key, FIELDS);
      return near === undefined ? `${key} is not a field of a source` : `Did you mean ${near} instead of ${key}?`;
    });
  if (/cannot be loaded: Cannot find module/.test(failure.message))
    hints.push('A file imports `rollcall`, `rollcall/<path below src>.js`, files next to it, and installed packages');
  hints.push(`${GUIDE} describes each field`);
  return { file: shownPath(failure.details.at ?? ''), fault: failure.message, hints };
}

/** Invalid records that a mapping must reject in the usual way, because vendors may send any value. */
const ODD_RECORDS: [what: string, raw: unknown][] = [
  ['an empty record', {}],
  ['null', null],
  ['a list', []],
];

/**
 * Warns about likely future problems of a valid definition: a mapping that accepts invalid records, or throws another error
 * instead of rejecting them.
 */
export function remarksOn(source: AnySource): string[] {
  return ODD_RECORDS.flatMap(([what, raw]) => {
    try {
      source.map(raw);
      return [`map() accepts ${what} as a record: throw RecordRejected('id is missing') where there is no id`];
    } catch (error) {
      if (error instanceof RecordRejected) return [];
      return [`map() breaks on ${what} (${(error as Error).name}): throw RecordRejected with a reason instead`];
    }
  });
}
