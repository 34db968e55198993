/**
 * Placeholders that board manufacturers, hypervisors and images leave in the serial number field. From the deny lists that GLPI
 * (`src/Blacklist.php`, defaults) and OCS Inventory (`blacklist_serials`) ship, from vendors' notes on SMBIOS defaults
 * (AMI, ASUS, Gigabyte, Supermicro, Lenovo), and from recorded inventories. Compared in lower case.
 */
export const PLACEHOLDER_SERIALS: ReadonlySet<string> = new Set([
  '0123456789',
  '123456789abcdef',
  '12345678901234567',
  'base board serial number',
  'chassis serial number',
  'default',
  'default string',
  'default_string',
  'empty',
  'eval',
  'iatpass',
  'invalid',
  'mb-1234567890',
  'no serial number',
  'none specified',
  'not defined',
  'not filled by o.e.m.',
  'o.e.m.',
  'oem',
  'oem default string000',
  'oem_serial',
  'serial',
  'serial number',
  'serial number xxxxxx',
  'serialnumber',
  'sn-12345',
  'sn-123456fvgv3i0b8o5n6n7k',
  'sn-1234567890',
  'standard',
  'sys-1234567890',
  'sys-9876543210',
  'system serial number',
  'systemserialnumb',
  'test',
  'to be filled by o.e.m',
  'to be filled by o.e.m.',
  'to be filled by oem',
  'tobefilledbyo.e.m.',
  'tulip computers',
  'unknow',
  'vmware virtual platform',
]);

export const PLACEHOLDER_SERIAL_PATTERNS: readonly RegExp[] = [
  /^.{1,3}$/,
  /^(.)\1*$/,
  /^[01.\-_/\s]+$/,
  /^0?12345(?:6(?:7(?:8(?:90*)?)?)?)?$/,
  /^[x*#?\-._\s]+$/,
  /^\d{1,2}(?:\.\d{1,3}){1,3}$/, // a board revision: 1.0, 2.3.1
  /^0x0*$/,
  /^(?:to be filled|default string|not (?:specified|available|applicable|set)|system serial)/,
];
