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
