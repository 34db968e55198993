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
].concat('input', 'map');
const GUIDE = 'docs/adding-a-source.md#the-definition';

/** A file that is no valid source: what is wrong there, and a hint for each fault that has one. */
export interface Faulty {
  file: string;
  fault: string;
  hints: string[];
}

/** Below the current folder as the user sees it. */
export function shownPath(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') ? file : path;
}

export function faultyOf(failure: Failure): Faulty {
  const hints = [...failure.message.matchAll(/Unrecognized keys?: ((?:"[^"]+"(?:, )?)+)/g)]
    .flatMap(([, keys]) => [...keys!.matchAll(/"([^"]+)"/g)].map(([, key]) => key!))
    .map((key) => {
      const near = nearest(key, FIELDS);
      return near === undefined ? `${key} is no field of a source` : `Did you mean ${near} instead of ${key}?`;
    });
  if (/cannot be loaded: Cannot find module/.test(failure.message))
    hints.push('A file imports `rollcall`, `rollcall/<path below src>.js`, files beside it, and installed packages');
  hints.push(`What each field holds is in ${GUIDE}`);
  return { file: shownPath(failure.details.at ?? ''), fault: failure.message, hints };
}

/** What a mapping should bear: it is given whatever a vendor sends. */
const ODD: [what: string, raw: unknown][] = [
  ['an empty record', {}],
  ['null', null],
  ['a list', []],
];

/** What of a valid definition is likely to go wrong one day: a mapping that breaks on odd records instead of rejecting them. */
export function remarksOn(source: AnySource): string[] {
  return ODD.flatMap(([what, raw]) => {
    try {
      source.map(raw);
      return [`map() takes ${what} for a record: throw RecordRejected('id is missing') where there is no id`];
    } catch (error) {
      if (error instanceof RecordRejected) return [];
      return [`map() breaks on ${what} (${(error as Error).name}): throw RecordRejected with a reason instead`];
    }
  });
}
