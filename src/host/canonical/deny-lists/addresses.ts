/**
 * Private networks that software sets up inside a machine with addresses that are the same everywhere: having one in common
 * is no agreement. From the documented defaults of VirtualBox (NAT, host-only), libvirt, Docker, Windows' connection sharing
 * and Docker Desktop. Beginnings of canonical IPv4 text.
 */
export const INNER_NETWORKS: readonly string[] = [
  '10.0.2.',
  '172.17.',
  '192.168.56.',
  '192.168.65.',
  '192.168.122.',
  '192.168.137.',
];
