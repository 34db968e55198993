import { aessiv } from '@noble/ciphers/aes.js';
import type { KeyRing } from './key-ring.js';
import { networkOf } from './network.js';
import { Recent } from './lru-cache.js';

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

/** A mask takes 40 µs, a repeated one next to nothing: addresses repeat, their networks more so. Bounds the memory, to about 10 MB. */
const RECENT = 20_000;
const recent = new WeakMap<KeyRing, Recent>();

/**
 * A token that stands for `value`, `m1.<key id>.<base64url>`: AES-SIV (RFC 5297) with the current key. Equal values of a field
 * have equal tokens as long as the key is the same; only the key's holder finds the value, or whether it is a guessed one.
 * The token of n bytes is 4/3 (n + 16) characters long and some. Throws for text with lone surrogates, which has no UTF-8.
 */
export function mask(keys: KeyRing, field: string, value: string): string {
  let tokens = recent.get(keys);
  if (!tokens) recent.set(keys, (tokens = new Recent(RECENT)));
  return tokens.get(`${field}\0${value}`, () => newToken(keys, field, value));
}

/** The value a token of `field` stands for. Throws `UnmaskError`. */
export function unmask(keys: KeyRing, field: string, token: string): string {
  const [, id, text] = TOKEN.exec(token) ?? [];
  const sealed = Buffer.from(text ?? '', 'base64url');
  // Several texts decode to the same bytes; only one of them is ours.
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

/** The id of the key a token was made with; `undefined` for what is no token. */
export function keyOf(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** A token of the network that an address lies in (IPv4 /24, IPv6 /48), so that neighbours are found without their addresses. */
export function maskNetwork(keys: KeyRing, ip: string): string {
  return mask(keys, 'ip_network', networkOf(ip));
}

function newToken(keys: KeyRing, field: string, value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw new Error(`A ${field} with half a character cannot be masked`);
  const sealed = cipherOf(keys, keys.current, field).encrypt(Buffer.from(value, 'utf8'));
  return `m1.${keys.current}.${Buffer.from(sealed).toString('base64url')}`;
}

/** The library lets a cipher encrypt once only. To make one costs nothing: the work is in the encryption itself. */
function cipherOf(keys: KeyRing, id: string, field: string) {
  return aessiv(keys.subkey(id, `mask:${field}`, SUBKEY_BYTES), Buffer.from(field, 'utf8'));
}
