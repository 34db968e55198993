import type { DatasetName } from '../../../../model/source.js';

export const DATASETS = ['hosts', 'logins', 'events'] as const satisfies readonly DatasetName[];
export const PAGINGS = ['offset', 'page-number', 'cursor', 'link', 'after-id'] as const;
export const AUTHS = ['header', 'basic', 'bearer', 'client-credentials'] as const;

export type PagingName = (typeof PAGINGS)[number];
export type AuthName = (typeof AUTHS)[number];

/** The user's choices for a new source. */
export interface Starter {
  /** The name of its file: lower-case letters, digits and dashes. */
  name: string;
  dataset: DatasetName;
  paging: PagingName;
  auth: AuthName;
  /** Creates it in `src/sources` of the project, with its test in `tests/sources`. */
  inProject: boolean;
}

/** A part of a source file. */
export interface Part {
  /** Names imported from `rollcall`. */
  imports: string[];
  lines: string[];
}

/** The prefix of a source's variables: `my-acme` gives `MY_ACME`. */
export const prefixOf = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** Indents every line that is not empty. */
export const indent = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => (line === '' ? line : ' '.repeat(by) + line));
