import { kindOf } from './facts.js';

const VENDORS: Readonly<Record<string, string>> = {
  aws: 'AWS',
  azure: 'Azure',
  crowdstrike: 'CrowdStrike',
  gcp: 'GCP',
  oci: 'OCI',
  qualys: 'Qualys',
  tenable: 'Tenable',
};

/** A vendor's or provider's name in its own spelling. */
export function vendorText(name: string): string {
  return VENDORS[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

/** `Qualys record qualys:3`. */
export function recordText(id: string): string {
  return `${vendorText(id.slice(0, id.indexOf(':')).replace(/-.*$/, ''))} record ${id}`;
}

/** An identity key as text for the user: `serial number C02F60U4Q05N`. */
export function keyText(key: string): string {
  const first = key.indexOf(':');
  const second = key.indexOf(':', first + 1);
  // Addresses may contain colons, names do not.
  const split = kindOf(key) === 'name-ip' ? key.lastIndexOf(':') : second;
  const [scope, value] = [key.slice(first + 1, split), key.slice(split + 1)];
  switch (kindOf(key)) {
    case 'cloud':
      return `${vendorText(scope.replace(/\/.*$/, ''))} instance ${value}`;
    case 'agent':
      return `${vendorText(scope)} agent id ${value}`;
    case 'serial':
      return `serial number ${value}`;
    case 'uuid':
      return `hardware UUID ${value}`;
    case 'mac':
      return `MAC address ${value}`;
    case 'fqdn':
      return `full name ${value}`;
    case 'name-ip': {
      const [outer, inner] = scope.split('/');
      return `name ${value} at ${inner === undefined ? outer : `${inner} behind ${outer}`}`;
    }
    default:
      return scope === 'netbios' ? `short name ${value} (truncated by NetBIOS)` : `short name ${value}`;
  }
}

const FACTS: Readonly<Record<string, (value: string) => string>> = {
  domain: (value) => `domain ${value}`,
  external: (value) => `external address ${value}`,
  hostname: (value) => `name ${value}`,
  ip: (value) => `private address ${value}`,
  manufacturer: (value) => `manufacturer ${value}`,
  model: (value) => `model ${value}`,
  network: (value) => `network ${value}x.x`,
  os: (value) => `system ${value}`,
  owner: (value) => `user ${value}`,
  record: recordText,
};

/** A key or a `fact:value` as text for the user. */
export function evidenceText(text: string): string {
  const colon = text.indexOf(':');
  return FACTS[text.slice(0, colon)]?.(text.slice(colon + 1)) ?? keyText(text);
}

/** `a, b and c`, at most `limit` of them. */
export function listed(texts: readonly string[], limit = 4): string {
  const shown = texts.length > limit ? [...texts.slice(0, limit - 1), `${texts.length - limit + 1} more`] : [...texts];
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}
