import { hash } from 'node:crypto';
import type { LoginObservation } from '../model/observations.js';
import type { KeyRing } from '../privacy/key-ring.js';
import { addressClass, mask, maskNetwork } from '../privacy/mask.js';
import type { LoginDoc, MaskedLogin } from '../store/documents/logins.js';

/** The fields of a login that depend on the key. */
export type Masks = Pick<LoginDoc, 'masked_ip' | 'masked_ip_network' | 'masked_device_id' | 'key'>;

/** Masks a login with the current key. */
export function maskLogin(keys: KeyRing, source: string, id: string, observation: LoginObservation): MaskedLogin {
  const { user_id, device_type, ip, device_id, locale, app_version, create_date } = observation;
  const number = versionNumber(app_version);
  const login = {
    _id: `${source}:${id}`,
    source,
    user_id,
    device_type,
    ...masksOf(keys, ip, device_id),
    ip_class: addressClass(ip),
    locale,
    app_version,
    ...(number === undefined ? {} : { app_version_number: number }),
    create_date,
  };
  return { ...login, fingerprint: fingerprintOf(login) };
}

export function masksOf(keys: KeyRing, ip: string, deviceId: string): Masks {
  return {
    masked_ip: mask(keys, 'ip', ip),
    masked_ip_network: maskNetwork(keys, ip),
    masked_device_id: mask(keys, 'device_id', deviceId),
    key: keys.current,
  };
}

/**
 * A digest of a login's content. It is computed from the masks, because a digest of the values could be reversed without a
 * key by trying all values: there are only 2^32 IPv4 addresses.
 */
export function fingerprintOf(login: Omit<MaskedLogin, '_id' | 'fingerprint'>): string {
  const content = [
    login.source,
    login.user_id,
    login.device_type,
    login.masked_ip,
    login.masked_device_id,
    login.locale,
    login.app_version,
    login.create_date.getTime(),
  ];
  return hash('sha256', JSON.stringify(content), 'base64url').slice(0, 22);
}

/** Converts a version of one to three parts to a 32-bit integer that sorts like the version (`2.3` as `2.3.0`). */
function versionNumber(version: string): number | undefined {
  const match = /^(\d{1,4})(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?$/.exec(version);
  if (!match) return undefined;
  const [major, minor, patch] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number];
  return major > 2_000 ? undefined : major * 1_000_000 + minor * 1_000 + patch;
}
