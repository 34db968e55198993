import type { Drift } from '../../model/run.js';

/** What the rows of a source look like. */
export interface SchemaDoc {
  /** The source. */
  _id: string;
  /** As of the last complete listing; `share` of the rows that had it then. */
  rows: number;
  known: { field: string; share: number }[];
  /** Of the listing under way. */
  sample?: { run: string; rows: number; fields: { field: string; count: number }[] };
  /** Of the last complete listing: a second attempt at closing it finds it here. */
  drift?: Drift & { run: string };
}
