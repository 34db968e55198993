import { ObjectId } from 'mongodb';
import type { Decision } from '../../host/identity/resolution.js';

/** A user's decision about two records. It is kept after it is undone. */
export interface DecisionDoc extends Decision {
  _id: ObjectId;
  by: string;
  why: string;
  undone?: { at: string; by: string };
}
