/** A row (or a whole page) that could not be read: why, where its bytes are stored, and since when. */
export interface QuarantineDoc {
  /** `source:native id` if the id could be read, otherwise page and row. */
  _id: string;
  source: string;
  /** Stable text without values, because users group by it. */
  reason: string;
  run: string;
  /** Where its bytes are: page of the ledger, row, and byte range in the body. */
  page: string;
  row: number;
  offset: number;
  length: number;
  /** For a row from a file: the file's name, and the line number, from 1. */
  file?: string;
  line?: number;
  first_at: Date;
  last_at: Date;
  /** Number of pages on which it was received. Reading a page again does not count. Absent in entries of old versions. */
  count?: number;
}
