const CANONICAL = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;
const BARE = /^[0-9a-f]{12}$/;

/**
 * A 48-bit MAC as lower-case octets with colons. Accepts dashes, colons, dots or no separators. Returns `undefined` for all
 * zeros, for broadcast and for any other value.
 */
export function mac(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length < 11 || value.length > 20) return undefined;
  let text = value.trim().toLowerCase().replaceAll('-', ':');
  if (!CANONICAL.test(text)) {
    const octets = text.split(':');
    // Solaris and some appliances omit leading zeros: 0:c:29:1:2:3.
    const bare =
      octets.length === 6 ? octets.map((octet) => octet.padStart(2, '0')).join('') : text.replaceAll('.', '');
    if (!BARE.test(bare)) return undefined;
    text = bare.replace(/..(?=.)/g, '$&:');
  }
  return text === '00:00:00:00:00:00' || text === 'ff:ff:ff:ff:ff:ff' ? undefined : text;
}

/** Whether the multicast bit of the first octet is set: such an address never belongs to one interface. */
export function isMulticastMac(mac: string): boolean {
  return (Number.parseInt(mac.charAt(1), 16) & 1) === 1;
}

/** Whether the locally administered bit is set: software chose the address (a hypervisor, a container bridge, a random Wi-Fi address). */
export function isLocalMac(mac: string): boolean {
  return (Number.parseInt(mac.charAt(1), 16) & 2) === 2;
}
