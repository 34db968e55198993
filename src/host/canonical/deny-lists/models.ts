/**
 * Placeholders that board manufacturers leave in the manufacturer or model field. From GLPI's defaults (`src/Blacklist.php`)
 * and SMBIOS defaults of AMI and ASUS boards. Compared in lower case.
 */
export const PLACEHOLDER_MODELS: ReadonlySet<string> = new Set([
  '*',
  'all series',
  'default string',
  'invalid',
  'o.e.m.',
  'oem',
  'product name',
  'system manufacturer',
  'system name',
  'system product name',
  'to be filled by o.e.m',
  'to be filled by o.e.m.',
  'to be filled by oem',
  'unknow',
]);
