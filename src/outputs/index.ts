import type { Config } from '../config.js';
import { openUserLogins, type UserLogins } from './user-logins.js';

/** Outputs in addition to MongoDB, as configured; none by default. */
export interface Outputs {
  logins?: UserLogins;
}

export function openOutputs({ loginsPostgres }: Pick<Config, 'loginsPostgres'>): Outputs {
  return loginsPostgres === undefined ? {} : { logins: openUserLogins(loginsPostgres) };
}
