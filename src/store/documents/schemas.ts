import type { Drift } from '../../model/run.js';

/** Which fields the rows of a source have. */
export interface SchemaDoc {
  /** The source. */
  _id: string;
  /** Schema of the last complete listing: number of sampled rows, and the `share` of them with each field. */
  rows: number;
  known: { field: string; share: number }[];
  /** Sample of the running listing. */
  sample?: { run: string; rows: number; fields: { field: string; count: number }[] };
  /** Schema drift of the last complete listing. Stored so that a second attempt at closing it returns the same. */
  drift?: Drift & { run: string };
}
