/**
 * Computer makers and hypervisors by the words that tools use for them; a name that is none of these is no evidence (scanners
 * put the maker of the network interface there). Firmware of one platform speaks with several names: older EC2 instances say
 * Xen, newer ones Amazon EC2; VirtualBox says innotek or Oracle.
 */
export const MAKERS: readonly (readonly [RegExp, string])[] = [
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
