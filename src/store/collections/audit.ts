import { ObjectId, type IndexDescription } from 'mongodb';
import type { Store } from '../database.js';

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

/** Adds an entry. Resolves when a majority has it in the journal: what it is about is to be done only then. */
export async function putAudit(store: Store, entry: Omit<AuditDoc, '_id' | 'at'>): Promise<AuditDoc> {
  const doc: AuditDoc = { _id: new ObjectId(), at: await store.clock.now(), ...entry };
  await store.audit.insertOne(doc);
  return doc;
}
