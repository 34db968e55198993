import type { EChartsOption } from 'echarts';
import type { Query } from './query.js';

/** What every chart is told. */
export interface Scope {
  /** Ages are counted from here. */
  asOf: Date;
  /** What was not seen for so many days is old; what was first seen within them is new. */
  days: number;
  /** Hosts that at least one source lists. */
  hosts: number;
  /** What these hosts were made of. */
  records: number;
}

export type Cell = string | number;

/** The same numbers as the drawing, for those who cannot see it, and for those who want them exactly. */
export interface Table {
  head: string[];
  rows: Cell[][];
}

export interface Drawing {
  option: EChartsOption;
  /** Pixels, at a width of `WIDTH`. */
  height: number;
}

/** A chart with its numbers in place. */
export interface Drawn {
  /** One or two sentences: what there is to see. */
  summary: string;
  table: Table;
  /** Totals, by name, as in data.json. */
  figures: Record<string, number>;
  /** Absent where there is nothing to draw. */
  drawing?: Drawing;
}

export const SECTIONS = ['Inventory', 'Coverage', 'Places', 'Merging', 'Collection', 'Logins', 'Events'] as const;

/** One chart: the question that it answers, the queries that answer it, and how the answer is drawn. */
export interface Chart<Rows extends Record<string, object> = Record<string, object>> {
  /** Also the name of its files. */
  name: string;
  section: (typeof SECTIONS)[number];
  title: string;
  question: string;
  /** What is said in its place when there is nothing to draw. */
  empty: string;
  /** By name; a later one may need the rows of earlier ones. */
  queries: { [Name in keyof Rows]: Query | ((scope: Scope, rows: Partial<Read<Rows>>) => Query) };
  draw(rows: Read<Rows>, scope: Scope): Drawn;
}

/** The rows of each query. */
export type Read<Rows extends Record<string, object>> = { [Name in keyof Rows]: Rows[Name][] };

export const defineChart = <Rows extends Record<string, object>>(chart: Chart<Rows>): Chart =>
  chart as unknown as Chart;

/** Hosts that at least one source lists. */
export const LIVE = { retired: { $ne: true } } as const;

export const DAY = 86_400_000;
/** The beginning of the span of `days` that ends with the report. */
export const daysBefore = ({ asOf }: Scope, days: number): Date => new Date(asOf.getTime() - days * DAY);

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
