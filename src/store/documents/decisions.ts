import { ObjectId, type IndexDescription } from 'mongodb';
import type { Decision } from '../../host/identity/resolution.js';

/** What a person decided about two records. It is kept when it is taken back. */
export interface DecisionDoc extends Decision {
  _id: ObjectId;
  by: string;
  why: string;
  undone?: { at: string; by: string };
}

export const decisionIndexes: IndexDescription[] = [{ key: { records: 1 } }];
