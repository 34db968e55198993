import type { Client } from '@temporalio/client';
import type { Config } from '../../config.js';
import type { Store } from '../../store/database.js';
import type { Found } from '../source/find.js';

/** `attention`: the user should act. `down`: a server is unreachable. `skipped`: the check could not run. */
export type Level = 'ok' | 'attention' | 'down' | 'skipped';

/** The result of one check. */
export interface Finding {
  level: Level;
  /** One line. May hold text of servers and vendors. */
  message: string;
  /** The command or step that fixes the problem; absent only for `ok` and `skipped`. */
  fix?: string;
}

export type Server = 'MongoDB' | 'Temporal';

/** A check, which returns one group of findings. `run` may throw a `Failure`. */
export interface Check {
  group: string;
  /** The server that the check tests: if it does not respond, the finding is `down`. */
  about?: Server;
  run(doctor: Doctor): Promise<Finding[]>;
}

/** The objects that checks read. Checks change nothing. */
export interface Doctor {
  config: Config;
  sources: Found;
  /** `store` and `temporal` connect once, at the first call. They throw `Failure`. */
  store: () => Promise<Store>;
  temporal: () => Promise<Client>;
}

export const ok = (message: string): Finding => ({ level: 'ok', message });
export const attention = (message: string, fix: string): Finding => ({ level: 'attention', message, fix });
export const down = (message: string, fix: string): Finding => ({ level: 'down', message, fix });
export const skipped = (message: string): Finding => ({ level: 'skipped', message });
