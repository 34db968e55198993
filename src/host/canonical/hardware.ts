import { PLACEHOLDER_MODELS } from './deny-lists/models.js';
import { PLACEHOLDER_SERIALS, PLACEHOLDER_SERIAL_PATTERNS } from './deny-lists/serials.js';
import { PLACEHOLDER_UUIDS, PLACEHOLDER_UUID_PATTERNS } from './deny-lists/uuids.js';
import { text } from './text.js';

const UUID = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/;
/** VMware and Parallels append the sixteen octets of the UUID to their name. */
const OCTETS = /^(?:vmware|parallels)-((?:[0-9a-f]{2}[ -]?){16})$/;

/** A manufacturer's or model's name; `undefined` for a placeholder of a board manufacturer. */
export function productName(value: unknown): string | undefined {
  const name = text(value, 256);
  return name === undefined || PLACEHOLDER_MODELS.has(name.toLowerCase()) ? undefined : name;
}

/** A serial number as reported; `undefined` for a placeholder. Leading zeros and case are part of it. */
export function serialNumber(value: unknown): string | undefined {
  const serial = text(value, 128);
  if (serial === undefined) return undefined;
  const folded = serial.toLowerCase();
  if (PLACEHOLDER_SERIALS.has(folded) || PLACEHOLDER_SERIAL_PATTERNS.some((pattern) => pattern.test(folded)))
    return undefined;
  return serial;
}

/** A UUID in lower case with dashes, in the byte order that the vendor reports; `undefined` for a placeholder. */
export function uuid(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length < 32 || value.length > 40) return undefined;
  const match = UUID.exec(value.trim().toLowerCase());
  if (!match) return undefined;
  const spelled = `${match[1]}-${match[2]}-${match[3]}-${match[4]}-${match[5]}`;
  return isPlaceholderUuid(spelled) ? undefined : spelled;
}

/**
 * Returns the hardware UUID that some platforms report as the serial number: EC2 and most hypervisors unchanged, VMware as
 * `VMware-56 4d …`, Google as `GoogleCloud-<32 digits>`.
 */
export function uuidFromSerial(serial: string): string | undefined {
  if (serial.length < 32) return undefined;
  const folded = serial.toLowerCase();
  const octets = OCTETS.exec(folded);
  if (octets) return uuid((octets[1] as string).replace(/[ -]/g, ''));
  return uuid(folded.startsWith('googlecloud-') ? folded.slice(12) : folded);
}

/**
 * Returns the same text for both byte orders of a UUID: the smaller spelling. SMBIOS 2.6 stores the first three fields
 * little-endian (DSP0134, 7.2.1), and tools disagree on whether to swap them.
 */
export function uuidKey(uuid: string): string {
  const swapped = swap(uuid);
  return swapped < uuid ? swapped : uuid;
}

function swap(u: string): string {
  return (
    u.slice(6, 8) +
    u.slice(4, 6) +
    u.slice(2, 4) +
    u.slice(0, 2) +
    '-' +
    u.slice(11, 13) +
    u.slice(9, 11) +
    '-' +
    u.slice(16, 18) +
    u.slice(14, 16) +
    u.slice(18)
  );
}

const PLACEHOLDER_UUID_KEYS = new Set(PLACEHOLDER_UUIDS.map(uuidKey));

function isPlaceholderUuid(uuid: string): boolean {
  let seen = 0;
  for (let at = 0; at < uuid.length; at++) {
    const code = uuid.charCodeAt(at);
    if (code !== 45) seen |= 1 << ((code & 15) | (code > 96 ? 16 : 0));
  }
  let distinct = 0;
  for (let bits = seen; bits !== 0; bits &= bits - 1) distinct++;
  if (distinct <= 3) return true; // all zeros, all ones, 01010101-…: placeholders, not generated
  return PLACEHOLDER_UUID_KEYS.has(uuidKey(uuid)) || PLACEHOLDER_UUID_PATTERNS.some((pattern) => pattern.test(uuid));
}

/** Folds a serial number for comparison: case and the spaces that some tools insert are ignored. */
export function serialKey(serial: string): string {
  return serial.toUpperCase().replace(/\s+/g, '');
}

/**
 * Returns the service tag inside the SMBIOS UUID of a Dell machine: `DELL` in ASCII, then the tag's seven characters at
 * fixed positions, the first with its high bit set (`4c4c4544-00SS-SS10-80SS-SSc04fSSSSSS`). Other tools report the tag as
 * the serial number.
 */
export function serviceTag(uuid: string): string | undefined {
  const octets = uuid.startsWith('4c4c4544') ? uuid : uuid.startsWith('44454c4c') ? swap(uuid) : undefined;
  if (octets === undefined || octets.slice(26, 30) !== 'c04f') return undefined;
  const at = (position: number) => Number.parseInt(octets.slice(position, position + 2), 16);
  const codes = [at(24) & 0x7f, at(11), at(14), at(21), at(30), at(32), at(34)];
  const tag = String.fromCharCode(...codes);
  return /^[0-9A-Z]{7}$/.test(tag) ? tag : undefined;
}
