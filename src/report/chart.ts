import type { EChartsOption } from 'echarts';
import type { Query } from './query.js';

/** The common input of all charts. */
export interface Scope {
  /** The time of the report; ages are relative to it. */
  asOf: Date;
  /** Hosts not seen for this many days are old; hosts first seen within them are new. */
  days: number;
  /** Number of hosts that at least one source lists. */
  hosts: number;
  /** Number of records of these hosts. */
  records: number;
}

export type Cell = string | number;

/** The numbers of the drawing, for screen readers and for exact values. */
export interface Table {
  head: string[];
  rows: Cell[][];
}

export interface Drawing {
  option: EChartsOption;
  /** Pixels, at a width of `WIDTH`. */
  height: number;
}

/** A chart with its data. */
export interface Drawn {
  /** One or two sentences on what the chart shows. */
  summary: string;
  table: Table;
  /** Totals, by name, as in data.json. */
  figures: Record<string, number>;
  /** Absent where there is nothing to draw. */
  drawing?: Drawing;
}

export const SECTIONS = ['Inventory', 'Coverage', 'Places', 'Merging', 'Collection', 'Logins', 'Events'] as const;

/** One chart: its question, the queries for it, and how the result is drawn. */
export interface Chart<Rows extends Record<string, object> = Record<string, object>> {
  /** Also the name of its files. */
  name: string;
  section: (typeof SECTIONS)[number];
  title: string;
  question: string;
  /** Text shown instead when there is nothing to draw. */
  empty: string;
  /** By name; a query may depend on the rows of earlier queries. */
  queries: { [Name in keyof Rows]: Query | ((scope: Scope, rows: Partial<Read<Rows>>) => Query) };
  draw(rows: Read<Rows>, scope: Scope): Drawn;
}

/** The rows of each query. */
export type Read<Rows extends Record<string, object>> = { [Name in keyof Rows]: Rows[Name][] };

export const defineChart = <Rows extends Record<string, object>>(chart: Chart<Rows>): Chart =>
  chart as unknown as Chart;

/** Matches hosts that at least one source lists. */
export const LIVE = { retired: { $ne: true } } as const;

export const DAY = 86_400_000;
/** The beginning of the `days` before the report. */
export const daysBefore = ({ asOf }: Scope, days: number): Date => new Date(asOf.getTime() - days * DAY);

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
