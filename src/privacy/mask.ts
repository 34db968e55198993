import { aessiv } from '@noble/ciphers/aes.js';
import type { KeyRing } from './key-ring.js';
import { networkOf } from './network.js';
import { LruCache } from './lru-cache.js';

export { addressClass, type AddressClass } from './network.js';

/** Why a token cannot be opened. */
export type UnmaskProblem = 'malformed' | 'unknown-key' | 'not-authentic';

/** A token that cannot be opened. The message shows neither the token nor a value. */
export class UnmaskError extends Error {
  override readonly name = 'UnmaskError';
  constructor(
    readonly problem: UnmaskProblem,
    message: string,
  ) {
    super(message);
  }
}

const TOKEN = /^m1\.(k[1-9]\d{0,5})\.([A-Za-z0-9_-]{22,})$/;
const SUBKEY_BYTES = 64;

/**
 * Number of cached masks, about 10 MB. Computing a mask takes 40 µs. The cache saves this time for repeated values: addresses
 * repeat, and their networks repeat more often.
 */
const CACHED_MASKS = 20_000;
const caches = new WeakMap<KeyRing, LruCache>();

/**
 * Masks `value` as a token, `m1.<key id>.<base64url>`: AES-SIV (RFC 5297) with the current key. Equal values of a field have
 * equal tokens as long as the key is the same. Without the key no one can recover a value or test a guess. The token of n bytes
 * has about 4/3 (n + 16) characters. Throws for text with lone surrogates, which has no UTF-8 form.
 */
export function mask(keys: KeyRing, field: string, value: string): string {
  let tokens = caches.get(keys);
  if (!tokens) caches.set(keys, (tokens = new LruCache(CACHED_MASKS)));
  return tokens.get(`${field}\0${value}`, () => newToken(keys, field, value));
}

/** The value of a token of `field`. Throws `UnmaskError`. */
export function unmask(keys: KeyRing, field: string, token: string): string {
  const [, id, text] = TOKEN.exec(token) ?? [];
  const sealed = Buffer.from(text ?? '', 'base64url');
  // Several texts decode to the same bytes; only the canonical one is valid.
  if (id === undefined || sealed.toString('base64url') !== text)
    throw new UnmaskError('malformed', 'Malformed token: it is not of the form m1.<key id>.<base64url>');
  if (!keys.has(id)) throw new UnmaskError('unknown-key', `Unknown key: the key ring holds no key ${id}`);
  const cipher = cipherOf(keys, id, field);
  try {
    return Buffer.from(cipher.decrypt(sealed)).toString('utf8');
  } catch {
    throw new UnmaskError(
      'not-authentic',
      `Not authentic: the token was changed, is of another field than ${field}, or of another key that is also called ${id}`,
    );
  }
}

/** The id of a token's key; `undefined` if the text is not a token. */
export function keyOf(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** A token of an address's network (IPv4 /24, IPv6 /48), so that addresses of one network can be found without revealing them. */
export function maskNetwork(keys: KeyRing, ip: string): string {
  return mask(keys, 'ip_network', networkOf(ip));
}

function newToken(keys: KeyRing, field: string, value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw new Error(`A ${field} with half a character cannot be masked`);
  const sealed = cipherOf(keys, keys.current, field).encrypt(Buffer.from(value, 'utf8'));
  return `m1.${keys.current}.${Buffer.from(sealed).toString('base64url')}`;
}

/** The library allows one encryption per cipher. Creating a cipher costs nothing: the work is in the encryption. */
function cipherOf(keys: KeyRing, id: string, field: string) {
  return aessiv(keys.subkey(id, `mask:${field}`, SUBKEY_BYTES), Buffer.from(field, 'utf8'));
}
