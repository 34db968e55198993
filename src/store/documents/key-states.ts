import type { KeyVerdict } from '../../host/identity/resolution.js';

/** State of an identity key that does not count in full. The stored hosts were resolved with it. */
export interface KeyStateDoc extends KnownState {
  /** The key. */
  _id: string;
}

/** The part of a verdict that resolution depends on. The list of holders can change without changing it. */
export type KnownState = Pick<KeyVerdict, 'state' | 'why'>;
