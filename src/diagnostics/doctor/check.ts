import type { Client } from '@temporalio/client';
import type { Config } from '../../config.js';
import type { Store } from '../../store/database.js';
import type { Found } from '../source/find.js';

/** `attention`: somebody should do something. `down`: a server is not there. `skipped`: it could not be looked at. */
export type Level = 'ok' | 'attention' | 'down' | 'skipped';

/** One thing that was looked at. */
export interface Finding {
  level: Level;
  /** One line. May hold text of servers and vendors. */
  says: string;
  /** The command or step that mends it; whatever is not ok or skipped has one. */
  fix?: string;
}

export type Server = 'MongoDB' | 'Temporal';

/** One group of findings. It may throw a `Failure`. */
export interface Check {
  group: string;
  /** The server that it is about itself: without an answer that one is down. */
  about?: Server;
  run(doctor: Doctor): Promise<Finding[]>;
}

/** What checks look at. Nothing is changed by looking. */
export interface Doctor {
  config: Config;
  sources: Found;
  /** Both are connected to once, when first asked for. Throw `Failure`. */
  store: () => Promise<Store>;
  temporal: () => Promise<Client>;
}

export const ok = (says: string): Finding => ({ level: 'ok', says });
export const attention = (says: string, fix: string): Finding => ({ level: 'attention', says, fix });
export const down = (says: string, fix: string): Finding => ({ level: 'down', says, fix });
export const skipped = (says: string): Finding => ({ level: 'skipped', says });
