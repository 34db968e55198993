/**
 * SMBIOS UUIDs that whole production runs share, lower-case, in either byte order. From GLPI's default deny list
 * (`src/Blacklist.php`) and from public reports on AMI, Gigabyte and no-name boards. UUIDs of three or fewer distinct
 * digits (all zeros, all ones, `01010101-…`, `fefefefe-…`) need no entry.
 */
export const PLACEHOLDER_UUIDS: readonly string[] = [
  '00010203-0405-0607-0809-0a0b0c0d0e0f',
  '00020003-0004-0005-0006-000700080009',
  '00112233-4455-6677-8899-aabbccddeeff',
  '12345678-1234-1234-1234-123456789012',
  '12345678-1234-5678-1234-567812345678',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '6ab5b300-538d-1014-9fb5-b0684d007b53',
  'deadbeef-dead-beef-dead-beefdeadbeef',
];

export const PLACEHOLDER_UUID_PATTERNS: readonly RegExp[] = [
  // Dell encodes `DELL` and the service tag. This is a board without a tag: the tag's characters are blanks or zeros.
  /^4c4c4544-00(?:00|20)-20(?:10|20)-80(?:20|00)-[0-9a-f]{2}c04f(?:202020|000000)$/,
];
