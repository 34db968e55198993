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

/** A vendor or provider as it spells itself. */
export function vendorWord(name: string): string {
  return VENDORS[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

/** `Qualys record qualys:3`. */
export function recordWord(id: string): string {
  return `${vendorWord(id.slice(0, id.indexOf(':')).replace(/-.*$/, ''))} record ${id}`;
}

/** An identity key in words: `serial number C02F60U4Q05N`. */
export function keyWord(key: string): string {
  const first = key.indexOf(':');
  const second = key.indexOf(':', first + 1);
  // Addresses hold colons, names do not.
  const split = kindOf(key) === 'name-ip' ? key.lastIndexOf(':') : second;
  const [scope, value] = [key.slice(first + 1, split), key.slice(split + 1)];
  switch (kindOf(key)) {
    case 'cloud':
      return `${vendorWord(scope.replace(/\/.*$/, ''))} instance ${value}`;
    case 'agent':
      return `${vendorWord(scope)} agent id ${value}`;
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
      return scope === 'netbios' ? `short name ${value} (as NetBIOS cuts it)` : `short name ${value}`;
  }
}

const FACTS: Readonly<Record<string, (value: string) => string>> = {
  domain: (value) => `domain ${value}`,
  external: (value) => `external address ${value}`,
  hostname: (value) => `name ${value}`,
  ip: (value) => `private address ${value}`,
  maker: (value) => `maker ${value}`,
  model: (value) => `model ${value}`,
  network: (value) => `network ${value}x.x`,
  os: (value) => `system ${value}`,
  owner: (value) => `user ${value}`,
  record: recordWord,
};

/** A key or a `fact:value` in words. */
export function evidenceWord(text: string): string {
  const colon = text.indexOf(':');
  return FACTS[text.slice(0, colon)]?.(text.slice(colon + 1)) ?? keyWord(text);
}

/** `a, b and c`, at most `limit` of them. */
export function listed(words: readonly string[], limit = 4): string {
  const shown = words.length > limit ? [...words.slice(0, limit - 1), `${words.length - limit + 1} more`] : [...words];
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}
