import { ObjectId, type IndexDescription } from 'mongodb';

/** A user read masked values in clear, rotated keys, or removed data. Never contains the values. */
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

export const auditIndexes: IndexDescription[] = [{ key: { at: 1 } }];
