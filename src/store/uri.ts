import { Failure } from '../model/failure.js';

interface Weakening {
  option: string;
  /** What it may be set to; nothing where it is missing. */
  harmless?: RegExp;
  weakens: 'what "stored" means' | 'what is read' | 'TLS';
}

const stored = (option: string, harmless?: RegExp): Weakening => rule(option, 'what "stored" means', harmless);
const read = (option: string, harmless?: RegExp): Weakening => rule(option, 'what is read', harmless);
const tls = (option: string, harmless?: RegExp): Weakening => rule(option, 'TLS', harmless);
const rule = (option: string, weakens: Weakening['weakens'], harmless?: RegExp): Weakening => ({
  option: option.toLowerCase(),
  weakens,
  ...(harmless ? { harmless } : {}),
});

/**
 * Options of a connection string (https://www.mongodb.com/docs/drivers/node/current/connect/connection-options/) that would
 * weaken what is relied on: `w:1` lost acknowledged documents on `kill -9`, and a secondary tells of what was before.
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
  // Of Node's own, which the driver passes on.
  tls('rejectUnauthorized', /^true$/),
  tls('checkServerIdentity'),
  tls('allowPartialTrustChain', /^false$/),
  tls('secureProtocol'),
  tls('ciphers'),
  tls('minDHSize'),
  tls('ecdhCurve'),
  tls('enableTrace', /^false$/),
];

/** With `mongodb+srv` TLS is there unless it is switched off. */
const SRV: readonly Weakening[] = [tls('tls', /^true$/), tls('ssl', /^true$/)];

/** Throws `Failure('settings-invalid')` when `uri` asks for less than a majority with journal, read where it was written, and for weaker TLS. */
export function refuseWeakUri(uri: string): void {
  const rules = /^mongodb\+srv:/i.test(uri) ? [...WEAKENING, ...SRV] : WEAKENING;
  // Of a name that comes twice the driver may take either.
  for (const [name, value] of optionsOf(uri)) {
    const weak = rules.find(({ option }) => option === name.trim().toLowerCase());
    if (!weak || weak.harmless?.test(value)) continue;
    throw new Failure('settings-invalid', `MONGODB_URI sets ${name}=${value}, which weakens ${weak.weakens}`, {
      remedy: REMEDIES[weak.weakens],
    });
  }
}

/** Names and values as they stand in a connection string. The driver takes names in any case. */
const optionsOf = (uri: string): URLSearchParams => new URLSearchParams(uri.split('?').slice(1).join('?'));

/** Those of `defaults` that a connection string leaves open: what the driver is given beside one wins over it. */
export function unlessSet<T extends Record<string, unknown>>(uri: string, defaults: T): Partial<T> {
  const set = new Set([...optionsOf(uri).keys()].map((name) => name.trim().toLowerCase()));
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !set.has(name.toLowerCase()))) as Partial<T>;
}

const REMEDIES: Record<Weakening['weakens'], string> = {
  'what "stored" means': 'Remove it: Rollcall writes with majority and journal, and relies on that when a cursor moves',
  'what is read': 'Remove it: Rollcall reads from the primary what a majority has, and decides on that what to write',
  TLS: 'Remove it; name a private certificate authority in tlsCAFile or NODE_EXTRA_CA_CERTS instead',
};
