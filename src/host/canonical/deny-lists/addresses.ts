/**
 * Private networks that software creates inside a machine, with the same addresses on every machine: a shared address in
 * them is not evidence. From the documented defaults of VirtualBox (NAT, host-only), libvirt, Docker, Windows' connection
 * sharing and Docker Desktop. Prefixes of canonical IPv4 text.
 */
export const INNER_NETWORKS: readonly string[] = [
  '10.0.2.',
  '172.17.',
  '192.168.56.',
  '192.168.65.',
  '192.168.122.',
  '192.168.137.',
];
