import type { IndexDescription } from 'mongodb';

/** A row (or a whole page) that could not be understood: why, where it is kept as received, and since when. */
export interface QuarantineDoc {
  /** `source:native id` where the id could be read, else the page and the row. */
  _id: string;
  source: string;
  /** Stable text without values, to group by. */
  reason: string;
  run: string;
  /** The raw reference: page of the ledger, row in it, byte range in its body. */
  page: string;
  row: number;
  offset: number;
  length: number;
  /** Of a row out of a file: its name, and the number of the line, from 1. */
  file?: string;
  line?: number;
  first_at: Date;
  last_at: Date;
  /** On how many pages it came: reading one again does not count. Entries from before it was counted have none. */
  count?: number;
}

export const quarantineIndexes: IndexDescription[] = [{ key: { source: 1, reason: 1 } }];
