/**
 * Domains that routers, clouds and operating systems assign by default: a name in one of them is only a short name. From
 * RFC 6762 (`local`), RFC 8375 (`home.arpa`), Windows' connection sharing (`mshome.net`), the defaults of home routers, and
 * the default suffixes of Azure (`reddog.microsoft.com`), OpenStack, LXD and Kubernetes. A single label (`lan`, `corp`) is
 * never a domain and needs no entry.
 */
export const GENERIC_DOMAINS: ReadonlySet<string> = new Set([
  'attlocal.net',
  'cluster.local',
  'docker.internal',
  'ec2.internal',
  'fritz.box',
  'home.arpa',
  'home.lan',
  'home.local',
  'homenet.telecomitalia.it',
  'hitronhub.home',
  'internal.cloudapp.net',
  'local.lan',
  'localhost.localdomain',
  'localdomain.local',
  'mshome.net',
  'openstacklocal.local',
  'reddog.microsoft.com',
  'speedport.ip',
  'workgroup.local',
]);

/** Suffixes of such domains: EC2's regions, Kubernetes' services, an access provider's customers. */
export const GENERIC_DOMAIN_ENDINGS: readonly string[] = [
  '.compute.internal',
  '.compute.amazonaws.com',
  '.compute-1.amazonaws.com',
  '.cluster.local',
  '.comcast.net',
  '.in-addr.arpa',
  '.ip6.arpa',
];
