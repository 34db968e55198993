import type { KeyVerdict } from '../../host/identity/resolution.js';

/** State of an identity key that does not count in full. The stored hosts were resolved with it. */
export interface KeyStateDoc extends KnownState {
  /** The key. */
  _id: string;
}

/**
 * The part of a verdict that identity resolution uses. This part can stay the same while the list of records with the key
 * changes.
 */
export type KnownState = Pick<KeyVerdict, 'state' | 'why'>;
