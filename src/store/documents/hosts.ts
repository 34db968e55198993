import type { IndexDescription } from 'mongodb';
import type { GoldenHost } from '../../host/golden/golden-host.js';

/** The golden record of one machine. */
export type HostDoc = GoldenHost & {
  /** When it first stood, and the run that brought it about. */
  created: { at: Date; run: string };
  /** Raised at each rewrite. */
  version: number;
  updated_at: Date;
};

/** An id that no longer stands for a host, and the host that took its place. */
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
