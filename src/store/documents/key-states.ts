import type { KeyVerdict } from '../../host/identity/resolution.js';

/** An identity key (`_id`) that does not count as it normally would, as the hosts in the store were resolved with it. */
export interface KeyStateDoc extends KnownState {
  /** The key. */
  _id: string;
}

/** The part of a verdict that resolution depends on: holders come and go without changing it. */
export type KnownState = Pick<KeyVerdict, 'state' | 'why'>;
