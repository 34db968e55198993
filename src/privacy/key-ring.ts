import { hash, hkdfSync } from 'node:crypto';
import { statSync } from 'node:fs';
import { Failure } from '../model/failure.js';
import { readKeyRing, type FileState, type KeyRingContent } from './key-ring-file.js';

export { addKey, createKeyRing, removeKey } from './key-ring-file.js';

/** The keys at the last read of the file. Immutable: code that keeps a reference uses one current key throughout. */
export interface KeyRing {
  /** Id of the key for new masks and seals. */
  current: string;
  /** Ids of all keys, oldest first. */
  ids: string[];
  has(id: string): boolean;
  /**
   * Derives `bytes` bytes for one purpose, by HKDF with SHA-256 (RFC 5869): they reveal neither the key nor the subkey of
   * another purpose. Do not write into them. Throws `Failure('settings-invalid')` if the ring does not contain `id`.
   */
  subkey(id: string, purpose: string, bytes: number): Uint8Array;
}

/** A key ring on disk. */
export interface KeyRingFile {
  /** The ring on disk, at most a second old. Throws `Failure('settings-invalid')`. */
  keys(): KeyRing;
}

/** Milliseconds between checks of the file. */
const CHECK_INTERVAL_MS = 1_000;

/**
 * Opens the key ring at `path`. The file is read at the first use and again when it has changed, so that a running process uses
 * the new key after a rotation. If the file is missing or malformed, its old content is not used either: if the key is lost,
 * values that are masked with it can never be unmasked.
 */
export function openKeyRing(path: string | undefined): KeyRingFile {
  let known: { ring: KeyRing; state: FileState } | undefined;
  let checkedAt = 0;
  return {
    keys() {
      if (path === undefined)
        throw new Failure('settings-invalid', 'There is no key ring to mask personal data with', {
          at: 'ROLLCALL_KEY_RING',
          remedy: 'Set ROLLCALL_KEY_RING to the path of a key ring; `npm run rollcall -- mask new FILE` makes one',
        });
      const now = performance.now();
      if (known && now - checkedAt < CHECK_INTERVAL_MS) return known.ring;
      const present = known && statSync(path, { throwIfNoEntry: false });
      if (!known || !present || !same(known.state, present)) {
        known = undefined;
        const { content, state } = readKeyRing(path);
        known = { ring: ringOf(content), state };
      }
      checkedAt = now;
      return known.ring;
    },
  };
}

/** Eight hexadecimal digits that distinguish keys on a screen. They reveal nothing about the key. */
export function fingerprintOf(keys: KeyRing, id: string): string {
  return hash('sha256', Buffer.from(keys.subkey(id, 'fingerprint', 32)), 'hex').slice(0, 8);
}

const same = (a: FileState, b: FileState): boolean => a.mtimeMs === b.mtimeMs && a.size === b.size && a.ino === b.ino;

function ringOf({ current, keys: encoded }: KeyRingContent): KeyRing {
  const keys = new Map(Object.entries(encoded).map(([id, key]) => [id, Buffer.from(key, 'base64')]));
  const ids = [...keys.keys()].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  const subkeys = new Map<string, Uint8Array>();
  return {
    current,
    ids,
    has: (id) => keys.has(id),
    subkey(id, purpose, bytes) {
      const name = `${id} ${bytes} ${purpose}`;
      const known = subkeys.get(name);
      if (known) return known;
      const key = keys.get(id);
      if (!key)
        throw new Failure('settings-invalid', `The key ring holds no key ${id}`, {
          remedy: `Its keys are ${ids.join(', ')}: set ROLLCALL_KEY_RING to the ring that has ${id}, or restore it from its backup`,
        });
      const made = new Uint8Array(hkdfSync('sha256', key, '', `rollcall ${purpose}`, bytes));
      subkeys.set(name, made);
      return made;
    },
  };
}
