/**
 * Addresses and prefixes that many machines share. From the deny lists that GLPI (`src/Blacklist.php`) and OCS Inventory
 * (`blacklist_macaddresses`) ship, from RFC 5798 and Cisco's documents for virtual routers, and from the defaults of
 * hypervisors, container networks and VPN clients. Lower-case with colons; an entry denies every address that begins with it.
 * A rule denies all zeros, broadcast and multicast.
 */
export const SHARED_MAC_PREFIXES: readonly string[] = [
  // Virtual routers: VRRP (RFC 5798), HSRP, GLBP.
  '00:00:5e:00',
  '00:00:0c:07:ac',
  '00:00:0c:9f:f',
  '00:07:b4:00',
  // Hypervisors' host-only and NAT adapters: VMware, VirtualBox, Parallels, Xen.
  '00:50:56:c0',
  '0a:00:27',
  '00:1c:42:00:00',
  'fe:ff:ff:ff:ff:ff',
  // Container networks: Docker, OVN-Kubernetes and CNI bridges, Calico.
  '02:42',
  '0a:58',
  'ee:ee:ee:ee:ee:ee',
  // Google Cloud: the rest of the MAC is the interface's IPv4 address, and networks overlap.
  '42:01',
  // VPN clients: Cisco AnyConnect, Fortinet, GlobalProtect, Juniper, NCP, TAP-Windows, SonicWall, Nortel.
  '00:05:9a:3c:7',
  '00:09:0f:fe:00:01',
  '00:09:0f:aa:00:01',
  '02:50:41:00:00',
  '02:05:85:7f:eb',
  '02:00:4e:43:50:49',
  '00:ff',
  '00:60:73',
  '44:45:53:54',
  // Windows: dial-up, PPPoE and asynchronous adapters, loopback, network bridge.
  '20:41:53:59:4e:ff',
  '24:b6:20:52:41:53',
  '33:50:6f:45:30:30',
  '50:50:54:50:30:30',
  '02:00:4c:4f:4f:50',
  '02:03:8a:00:00:11',
  // Apple's T2 bridge, in every Mac that has the chip.
  'ac:de:48:00:11:22',
  // Mobile broadband modems and boards that shipped with one address each.
  '00:a0:c6:00:00:00',
  '02:80:37:ec:02:00',
  '02:15:e0:ec:01:00',
  '00:e0:06:09:55:66',
  '00:0b:ca:fe:00:00',
  '00:01:02:7d:9b:1c',
  '00:08:a1:46:06:35',
  '00:08:a1:66:e2:1a',
  '00:09:dd:10:37:68',
  '00:0f:ea:9a:e2:f0',
  '00:10:5a:72:71:f3',
  '00:11:11:85:08:8b',
  'd2:0a:2d:a0:04:be',
  'd2:6b:25:2f:2c:e7',
  'e2:e6:16:20:0a:35',
  // Typed by hand.
  '00:01:02:03:04:05',
  '00:11:22:33:44:55',
  '10:11:11:11:11:11',
  '12:34:56:78:9a:bc',
  'de:ad:be:ef',
];
