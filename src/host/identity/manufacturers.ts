/**
 * Computer manufacturers and hypervisors by the names that tools report; any other name is not evidence, because scanners
 * report the manufacturer of the network interface in this field. The firmware of one platform reports several names: older
 * EC2 instances report Xen, newer ones Amazon EC2; VirtualBox reports innotek or Oracle.
 */
export const MANUFACTURERS: readonly (readonly [RegExp, string])[] = [
  [/^(?:hp|hpe|hewlett)\b/, 'hp'],
  [/^dell\b/, 'dell'],
  [/^lenovo\b|^ibm\b/, 'lenovo'],
  [/^apple\b/, 'apple'],
  [/^vmware\b/, 'vmware'],
  [/^microsoft\b/, 'microsoft'],
  [/^(?:xen|amazon)\b/, 'amazon or xen'],
  [/^google\b/, 'google'],
  [/^(?:qemu|red hat|bochs|kvm|openstack|nutanix|proxmox)\b/, 'kvm'],
  [/^(?:innotek|oracle)\b/, 'oracle'],
  [/^parallels\b/, 'parallels'],
  [/^(?:asus|asustek)/, 'asus'],
  [/^acer\b/, 'acer'],
  [/^supermicro|^super micro/, 'supermicro'],
  [/^cisco\b/, 'cisco'],
  [/^fujitsu\b/, 'fujitsu'],
  [/^samsung\b/, 'samsung'],
  [/^(?:toshiba|dynabook)\b/, 'toshiba'],
  [/^panasonic\b/, 'panasonic'],
];
