import { hash, hkdfSync } from 'node:crypto';
import { statSync } from 'node:fs';
import { Failure } from '../model/failure.js';
import { readKeyRing, type FileState, type KeyRingContent } from './key-ring-file.js';

export { addKey, createKeyRing, removeKey } from './key-ring-file.js';

/** The keys as they were when the file was last read. It does not change: whoever holds it uses one current key throughout. */
export interface KeyRing {
  /** Id of the key that new masks and seals are made with. */
  current: string;
  /** Ids of all keys, oldest first. */
  ids: string[];
  has(id: string): boolean;
  /**
   * `bytes` bytes for one purpose, by HKDF with SHA-256 (RFC 5869): whoever learns them learns neither the key nor another
   * purpose's. Do not write into them. Throws `Failure('settings-invalid')` when the ring does not hold `id`.
   */
  subkey(id: string, purpose: string, bytes: number): Uint8Array;
}

/** A key ring on disk. */
export interface KeyRingFile {
  /** The ring as it is on disk, at most a second old. Throws `Failure('settings-invalid')`. */
  keys(): KeyRing;
}

/** How long a ring is used without a look at its file, milliseconds. */
const LOOK_EVERY = 1_000;

/**
 * The key ring at `path`, read when it is first asked for and again when the file has changed, so that a running process
 * picks up a rotation. Once the file is missing or malformed its old content is not used either: what it masks might be lost.
 */
export function openKeyRing(path: string | undefined): KeyRingFile {
  let known: { ring: KeyRing; state: FileState } | undefined;
  let lookedAt = 0;
  return {
    keys() {
      if (path === undefined)
        throw new Failure('settings-invalid', 'There is no key ring to mask personal data with', {
          at: 'ROLLCALL_KEY_RING',
          remedy: 'Set ROLLCALL_KEY_RING to the path of a key ring; `npm run rollcall -- mask new FILE` makes one',
        });
      const now = performance.now();
      if (known && now - lookedAt < LOOK_EVERY) return known.ring;
      const present = known && statSync(path, { throwIfNoEntry: false });
      if (!known || !present || !same(known.state, present)) {
        known = undefined;
        const { content, state } = readKeyRing(path);
        known = { ring: ringOf(content), state };
      }
      lookedAt = now;
      return known.ring;
    },
  };
}

/** Eight hexadecimal digits that tell keys apart on a screen. They say nothing about the key. */
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
