import type { Config } from '../config.js';
import { openUserLogins, type UserLogins } from './user-logins.js';

/** Where records go beside MongoDB, as the settings say: nowhere without any. */
export interface Outputs {
  logins?: UserLogins;
}

export function openOutputs({ loginsPostgres }: Pick<Config, 'loginsPostgres'>): Outputs {
  return loginsPostgres === undefined ? {} : { logins: openUserLogins(loginsPostgres) };
}
