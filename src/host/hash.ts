import { hash } from 'node:crypto';
import { activeIntervalOf } from './identity/active-interval.js';
import type { HostObservation } from './types.js';

/**
 * Digest of everything that resolution reads of a record: keys, active interval, class, system, manufacturer, model,
 * addresses, user, and whether its vendor's own agent reports it. `resolve` treats records with equal digests in the same
 * way.
 */
export function identityDigest(vendor: string, observation: HostObservation, keys: readonly string[]): string {
  const { device: d, external_ips: external } = observation;
  const { from, to } = activeIntervalOf(d);
  const read = [
    ...keys,
    '',
    vendor,
    observation.class,
    from,
    to,
    d.type_id,
    d.os?.type_id,
    d.os?.name,
    d.vendor_name,
    d.model,
    d.owner?.name,
    d.ip,
    ...(d.network_interfaces ?? []).map(({ ip }) => ip),
    '',
    ...external,
    '',
    ...(d.agent_list ?? []).map(({ vendor_name: name }) => name),
  ];
  return hash('sha256', read.join('\n'), 'base64url').slice(0, LENGTH);
}

/** Number of characters; they contain 132 bits of SHA-256. */
const LENGTH = 22;

/**
 * Digest of a record's content, by which changes are detected. `text`: its observation as `observation()` orders it, as JSON without
 * the times of check-ins. The digest includes `keys`, so it also changes when the rules that derive keys change.
 */
export function contentHash(text: string, keys: readonly string[]): string {
  return hash('sha256', [text, ...keys].join('\n'), 'base64url').slice(0, LENGTH);
}
