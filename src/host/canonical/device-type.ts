/** Record values from which the device type is derived. */
export interface TypeEvidence {
  /** SMBIOS chassis type (DSP0134, 7.4.1) as a number. */
  chassis?: number | undefined;
  /** `Server`, `Domain Controller`, `Workstation`. */
  product?: string | undefined;
  /** The operating system's name. */
  os?: string | undefined;
  vendor?: string | undefined;
  model?: string | undefined;
  cloud?: boolean | undefined;
}

const CAPTIONS = {
  0: 'Unknown',
  1: 'Server',
  2: 'Desktop',
  3: 'Laptop',
  4: 'Tablet',
  5: 'Mobile',
  6: 'Virtual',
  9: 'Firewall',
  12: 'Router',
} as const;
type TypeId = keyof typeof CAPTIONS;

const CHASSIS = new Map<number, TypeId>([
  [3, 2],
  [4, 2],
  [5, 2],
  [6, 2],
  [7, 2],
  [8, 3],
  [9, 3],
  [10, 3],
  [11, 5],
  [13, 2],
  [14, 3],
  [15, 2],
  [16, 2],
  [17, 1],
  [23, 1],
  [24, 2],
  [28, 1],
  [30, 4],
  [31, 3],
  [32, 3],
  [35, 2],
]);

const VIRTUAL =
  /^(?:xen|qemu|vmware|innotek|parallels|amazon ec2|google$)|virtual|hvm domu|\bkvm\b|openstack|bochs|nutanix ahv/i;
const LAPTOP = /book|latitude|thinkpad|precision m?[57]\d|xps 1[3-7]|travelmate|portege|tecra|lifebook|surface laptop/i;
const DESKTOP = /imac|mac ?mini|mac ?pro|mac ?studio|optiplex|thinkcentre|prodesk|elitedesk|\bnuc/i;

/** Returns OCSF `device.type_id` and its caption from the strongest evidence; 0 (Unknown) if there is no evidence. */
export function deviceType(evidence: TypeEvidence): { type_id: number; type: string } {
  const type_id = typeOf(evidence);
  return { type_id, type: CAPTIONS[type_id] };
}

function typeOf({ chassis, product, os = '', vendor = '', model = '', cloud }: TypeEvidence): TypeId {
  if (product === 'Server' || product === 'Domain Controller' || /windows server/i.test(os)) return 1;
  if (/^(?:apple )?ios\b|android/i.test(os)) return 5;
  if (/ipados/i.test(os)) return 4;
  if (/fortios|pan-os|sonicos|\basa\b/i.test(os)) return 9;
  if (cloud || VIRTUAL.test(model) || VIRTUAL.test(vendor)) return 6;
  if (/macbook/i.test(model)) return 3;
  if (DESKTOP.test(model)) return 2;
  const byChassis = chassis === undefined ? undefined : CHASSIS.get(chassis);
  if (byChassis !== undefined) return byChassis;
  return LAPTOP.test(model) ? 3 : 0;
}
