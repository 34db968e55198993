import { Failure } from '../model/failure.js';

interface Weakening {
  option: string;
  /** Allowed values; if absent, no value is allowed. */
  harmless?: RegExp;
  weakens: 'the durability of writes' | 'the consistency of reads' | 'TLS';
}

const stored = (option: string, harmless?: RegExp): Weakening => rule(option, 'the durability of writes', harmless);
const read = (option: string, harmless?: RegExp): Weakening => rule(option, 'the consistency of reads', harmless);
const tls = (option: string, harmless?: RegExp): Weakening => rule(option, 'TLS', harmless);
const rule = (option: string, weakens: Weakening['weakens'], harmless?: RegExp): Weakening => ({
  option: option.toLowerCase(),
  weakens,
  ...(harmless ? { harmless } : {}),
});

/**
 * Options of a connection string (https://www.mongodb.com/docs/drivers/node/current/connect/connection-options/) that would
 * weaken Rollcall's guarantees: with `w:1`, MongoDB lost acknowledged documents after `kill -9`, and a secondary returns old
 * data.
 */
const WEAKENING: readonly Weakening[] = [
  stored('w', /^majority$/),
  stored('journal', /^true$/),
  stored('j', /^true$/),
  stored('fsync', /^true$/),
  stored('retryWrites', /^true$/),
  read('readConcernLevel', /^(majority|linearizable)$/),
  read('readPreference', /^primary$/),
  read('readPreferenceTags'),
  read('maxStalenessSeconds'),
  tls('tlsInsecure', /^false$/),
  tls('tlsAllowInvalidCertificates', /^false$/),
  tls('tlsAllowInvalidHostnames', /^false$/),
  tls('tlsDisableOCSPEndpointCheck', /^false$/),
  tls('tlsDisableCertificateRevocationCheck', /^false$/),
  tls('sslValidate', /^true$/),
  // Node's TLS options, which the driver passes on.
  tls('rejectUnauthorized', /^true$/),
  tls('checkServerIdentity'),
  tls('allowPartialTrustChain', /^false$/),
  tls('secureProtocol'),
  tls('ciphers'),
  tls('minDHSize'),
  tls('ecdhCurve'),
  tls('enableTrace', /^false$/),
];

/** With `mongodb+srv`, TLS is on by default. */
const SRV: readonly Weakening[] = [tls('tls', /^true$/), tls('ssl', /^true$/)];

/** Throws `Failure('settings-invalid')` when `uri` weakens writes (majority with journal), reads (from the primary) or TLS. */
export function rejectWeakUri(uri: string): void {
  const rules = /^mongodb\+srv:/i.test(uri) ? [...WEAKENING, ...SRV] : WEAKENING;
  // Checks all values of a repeated option, because the driver may use any of them.
  for (const [name, value] of optionsOf(uri)) {
    const weak = rules.find(({ option }) => option === name.trim().toLowerCase());
    if (!weak || weak.harmless?.test(value)) continue;
    throw new Failure('settings-invalid', `MONGODB_URI sets ${name}=${value}, which weakens ${weak.weakens}`, {
      remedy: REMEDIES[weak.weakens],
    });
  }
}

/** Names and values of options as written in a connection string. The driver ignores the case of names. */
const optionsOf = (uri: string): URLSearchParams => new URLSearchParams(uri.split('?').slice(1).join('?'));

/**
 * The entries of `defaults` that the connection string does not set. Options that are passed to the driver override the string.
 */
export function unlessSet<T extends Record<string, unknown>>(uri: string, defaults: T): Partial<T> {
  const set = new Set([...optionsOf(uri).keys()].map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !set.has(name.toLowerCase()))) as Partial<T>;
}

const REMEDIES: Record<Weakening['weakens'], string> = {
  'the durability of writes':
    'Remove it: Rollcall writes with majority and journal, and relies on that when a cursor moves',
  'the consistency of reads':
    'Remove it: Rollcall reads majority-committed data from the primary, and its writes depend on these reads',
  TLS: 'Remove it; name a private certificate authority in tlsCAFile or NODE_EXTRA_CA_CERTS instead',
};
