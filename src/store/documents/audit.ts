import { ObjectId } from 'mongodb';

/**
 * An entry for each time that a user reads masked values in clear, rotates keys, or removes data. Never contains the values.
 */
export interface AuditDoc {
  _id: ObjectId;
  at: Date;
  by: string;
  action: 'unmask' | 'rotate' | 'drop' | 'erase';
  why?: string;
  /** Number of records or tokens. */
  count: number;
  collection: string;
  /** Ids of the records, or tokens, if the user named them. */
  of?: string[];
}
