import type { DatasetName } from '../../../../model/source.js';

export const DATASETS = ['hosts', 'logins', 'events'] as const satisfies readonly DatasetName[];
export const PAGINGS = ['offset', 'page-number', 'cursor', 'link', 'after-id'] as const;
export const AUTHS = ['header', 'basic', 'bearer', 'client-credentials'] as const;

export type PagingName = (typeof PAGINGS)[number];
export type AuthName = (typeof AUTHS)[number];

/** What a new source is to be like. */
export interface Starter {
  /** As its file: lower-case letters, digits and dashes. */
  name: string;
  dataset: DatasetName;
  paging: PagingName;
  auth: AuthName;
  /** Goes into `src/sources` of the project, with its test in `tests/sources`. */
  inProject: boolean;
}

/** A part of a source file. */
export interface Part {
  /** Names imported from `rollcall`. */
  imports: string[];
  lines: string[];
}

/** `my-acme` as the beginning of its variables: `MY_ACME`. */
export const prefixOf = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** Every line that is not empty, moved to the right. */
export const indent = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => (line === '' ? line : ' '.repeat(by) + line));
