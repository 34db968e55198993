import { ObjectId, type IndexDescription } from 'mongodb';

/** A field that was one value and is another. Lists tell what came and went. */
export type FieldChange =
  { path: string; from?: unknown; to?: unknown } | { path: string; added: unknown[]; removed: unknown[] };

/**
 * One entry of a host's history, append-only. Creation is told by the host itself (`created`).
 *
 * - `changed`: fields took other values
 * - `renamed`: it had the id in `others` before: a record that was seen earlier joined it, or the earliest one left
 * - `merged`: `others` are this host now
 * - `moved`: records of `others` are in it now
 * - `split`: it came apart, or came out of one that did: the other parts are in `others`
 * - `retired`, `returned`: no source lists it any more; one does again
 */
export interface ChangeDoc {
  _id: ObjectId;
  host: string;
  at: Date;
  /** The run, or the command, that brought it about. */
  run: string;
  kind: 'changed' | 'renamed' | 'merged' | 'moved' | 'split' | 'retired' | 'returned';
  others?: string[];
  fields?: FieldChange[];
}

export const changeIndexes: IndexDescription[] = [{ key: { host: 1, _id: 1 } }];
