import type { IndexDescription } from 'mongodb';
import type { GoldenHost } from '../../host/golden/golden-host.js';

/** The golden record of one machine. */
export type HostDoc = GoldenHost & {
  /** When it was created, and by which run. */
  created: { at: Date; run: string };
  /** Raised at each change. */
  version: number;
  updated_at: Date;
};

/** A former id of a host (`_id`), and the id that replaced it. */
export interface RedirectDoc {
  _id: string;
  to: string;
  at: Date;
}

export const redirectIndexes: IndexDescription[] = [{ key: { to: 1 } }];

export const hostIndexes: IndexDescription[] = [
  { key: { 'sources.record': 1 } },
  { key: { 'device.hostname': 1 } },
  { key: { last_seen: -1 } },
  { key: { retired: 1 }, partialFilterExpression: { retired: true } },
];
