import { stringify, type Options, type Stringifier } from 'csv-stringify';
import { stringify as stringifyAll } from 'csv-stringify/sync';
import type { Table } from './chart.js';

/** RFC 4180, as spreadsheets read it. Texts that look like formulas are marked as text. */
const OPTIONS: Options = { escape_formulas: true, record_delimiter: 'windows' };

/** Formats rows as CSV, one at a time. */
export const csvOf = (head: string[]): Stringifier => stringify({ ...OPTIONS, header: true, columns: head });

/** Formats a whole table as CSV. */
export const csvOfTable = ({ head, rows }: Table): string => stringifyAll([head, ...rows], OPTIONS);
