import type { AuditDoc } from '../documents/audit.js';
import { ObjectId } from 'mongodb';
import type { Store } from '../database.js';

/** Adds an entry. Resolves when a majority has it in the journal. The caller must not act before. */
export async function putAudit(store: Store, entry: Omit<AuditDoc, '_id' | 'at'>): Promise<AuditDoc> {
  const doc: AuditDoc = { _id: new ObjectId(), at: await store.clock.now(), ...entry };
  await store.audit.insertOne(doc);
  return doc;
}
