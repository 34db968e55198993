import { stringify, type Options, type Stringifier } from 'csv-stringify';
import { stringify as stringifyAll } from 'csv-stringify/sync';
import type { Table } from './chart.js';

/** RFC 4180, as spreadsheets read it; a text that they would take for a formula is told to be text. */
const OPTIONS: Options = { escape_formulas: true, record_delimiter: 'windows' };

/** Turns rows into CSV, one at a time. */
export const csvOf = (head: string[]): Stringifier => stringify({ ...OPTIONS, header: true, columns: head });

/** A whole table as CSV. */
export const csvOfTable = ({ head, rows }: Table): string => stringifyAll([head, ...rows], OPTIONS);
