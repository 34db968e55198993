import { ObjectId, type IndexDescription } from 'mongodb';

/** That somebody read masked values in clear, changed the key they are masked with, or took something away. Never holds such a value. */
export interface AuditDoc {
  _id: ObjectId;
  at: Date;
  by: string;
  action: 'unmask' | 'rotate' | 'drop' | 'erase';
  why?: string;
  /** How many records (or tokens) it was about. */
  count: number;
  collection: string;
  /** Which ones, where they were named: ids of records, or tokens. */
  of?: string[];
}

export const auditIndexes: IndexDescription[] = [{ key: { at: 1 } }];
