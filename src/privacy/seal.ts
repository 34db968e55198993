import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './key-ring.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
/** Recommended by NIST SP 800-38D; random nonces are safe for 2^32 seals with one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypted bytes, which only a process with the key ring can read or change, and the id of their key. */
export interface Sealed {
  key: string;
  /** Nonce (12 bytes), ciphertext, tag (16 bytes). */
  bytes: Buffer;
}

/**
 * Encrypts with AES-256-GCM and the current key. `context` identifies where the bytes are stored: `unseal` rejects them with
 * any other context.
 */
export function seal(keys: KeyRing, bytes: Buffer, context: string): Sealed {
  const key = keys.current;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, keys.subkey(key, 'seal', KEY_BYTES), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const body = [cipher.update(bytes), cipher.final()];
  return { key, bytes: Buffer.concat([nonce, ...body, cipher.getAuthTag()]) };
}

/** Decrypts bytes of `seal`. Throws if they were changed or have another context, and `Failure` if the key is missing. */
export function unseal(keys: KeyRing, sealed: { key: string; bytes: Uint8Array }, context: string): Buffer {
  const { key, bytes } = sealed;
  const subkey = keys.subkey(key, 'seal', KEY_BYTES);
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw notAuthentic(key);
  const end = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, subkey, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(bytes.subarray(end));
  const opened = decipher.update(bytes.subarray(NONCE_BYTES, end));
  try {
    return Buffer.concat([opened, decipher.final()]);
  } catch {
    throw notAuthentic(key);
  }
}

const notAuthentic = (key: string): Error =>
  new Error(
    `Sealed bytes do not open: they were changed, belong elsewhere, or need another key that is also called ${key}`,
  );
