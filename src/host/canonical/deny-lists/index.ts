import { serialKey, uuidKey } from '../hardware.js';
import { GENERIC_DOMAIN_ENDINGS, GENERIC_DOMAINS } from './domains.js';
import { GENERIC_NAME_PATTERNS, GENERIC_NAMES } from './hostnames.js';
import { SHARED_MAC_PREFIXES } from './macs.js';

/** An operator's own additions to the lists in this folder; compared in lower case. */
export interface DenyLists {
  serials?: readonly string[];
  /** In either byte order. */
  uuids?: readonly string[];
  /** Whole MACs or their beginnings, with colons. */
  macs?: readonly string[];
  /** Short names. */
  hostnames?: readonly string[];
  domains?: readonly string[];
}

/**
 * Tests for values that do not identify a machine although a tool reports them. The caller passes serials and UUIDs in
 * their key form.
 */
export interface CompiledDenyLists {
  serial(key: string): boolean;
  uuid(key: string): boolean;
  mac(mac: string): boolean;
  name(short: string): boolean;
  domain(domain: string): boolean;
}

/**
 * Combines the built-in lists and the operator's additions into tests; build them once and reuse them for every record. The
 * built-in placeholder serials and UUIDs need no test here: `serialNumber` and `uuid` already drop them from observations.
 */
export function denyListsOf(extra: DenyLists = {}): CompiledDenyLists {
  const lower = (list: readonly string[] | undefined) => (list ?? []).map((entry) => entry.trim().toLowerCase());
  const serials = new Set(lower(extra.serials).map(serialKey));
  const uuids = new Set(lower(extra.uuids).map(uuidKey));
  const prefixes = [...SHARED_MAC_PREFIXES, ...lower(extra.macs).map((mac) => mac.replace(/[^0-9a-f:]/g, ''))];
  const macs = new RegExp(`^(?:${prefixes.join('|')})`);
  const names = new Set([...GENERIC_NAMES, ...lower(extra.hostnames)]);
  const domains = new Set([...GENERIC_DOMAINS, ...lower(extra.domains)]);
  return {
    serial: (key) => serials.size > 0 && serials.has(key),
    uuid: (key) => uuids.size > 0 && uuids.has(key),
    mac: (mac) => macs.test(mac),
    name: (short) =>
      short.length < 2 || names.has(short) || GENERIC_NAME_PATTERNS.some((pattern) => pattern.test(short)),
    domain: (domain) =>
      !domain.includes('.') || domains.has(domain) || GENERIC_DOMAIN_ENDINGS.some((ending) => domain.endsWith(ending)),
  };
}
