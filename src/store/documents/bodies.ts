import { Binary, type IndexDescription } from 'mongodb';

/**
 * A stretch of a response body, compressed with Brotli (RFC 7932). Addressed by the content as received (`SHA-256:part`),
 * so the same bytes served twice are stored once; parts stay below MongoDB's 16 MB document limit.
 */
export interface BodyDoc {
  _id: string;
  bytes: Binary;
  /** How many parts there are; only in the first one, which is written last and stands for all. */
  parts?: number;
  /** The key it is sealed with after compressing, where the source's records are personal; in the first part. */
  key?: string;
  /** When no page had it any more: it is to be removed, unless somebody wants it meanwhile. In the first part. */
  doomed?: Date;
}

export const bodyIndexes: IndexDescription[] = [
  { key: { key: 1 }, partialFilterExpression: { key: { $exists: true } } },
  { key: { doomed: 1 }, partialFilterExpression: { doomed: { $exists: true } } },
];
