/** Canonical spellings: one form for each value, `undefined` for an absent or unusable one. */
export { clean, count, digits, text } from './text.js';
export { earliest, latest, time } from './time.js';
export { mac } from './mac.js';
export { ip, ips, ipScope } from './ip.js';
export { domain, hostname, shortName } from './hostname.js';
export { productName, serialNumber, uuid, uuidFromSerial } from './hardware.js';
export { cloudProvider } from './cloud.js';
