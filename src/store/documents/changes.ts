import { ObjectId } from 'mongodb';

/** A changed field: the values before and after, or for a list the added and removed items. */
export type FieldChange =
  { path: string; from?: unknown; to?: unknown } | { path: string; added: unknown[]; removed: unknown[] };

/**
 * One entry of a host's history, append-only. Creation is not an entry: the host has it in `created`.
 *
 * - `changed`: fields have other values
 * - `renamed`: the host had the id in `others` before; its id changed because its seed record joined or left
 * - `merged`: the hosts in `others` are part of it now
 * - `moved`: records of the hosts in `others` are in it now
 * - `split`: it was split, or is a part of a host that was split; the other parts are in `others`
 * - `retired`, `returned`: no source lists it any more; a source lists it again
 */
export interface ChangeDoc {
  _id: ObjectId;
  host: string;
  at: Date;
  /** The run or command that caused it. */
  run: string;
  kind: 'changed' | 'renamed' | 'merged' | 'moved' | 'split' | 'retired' | 'returned';
  others?: string[];
  fields?: FieldChange[];
}
