import { hash, pick } from '../random.js';
import type { Dialect } from './dialect.js';
import { variants } from './variants.js';

const PORTS = [
  '22',
  '80',
  '111',
  '135',
  '139',
  '323',
  '443',
  '445',
  '546',
  '3306',
  '3389',
  '5432',
  '5985',
  '8080',
] as const;

/** The `openPort` list. */
export const ports = variants(509, (variant) => {
  const random = hash(13, variant, 1);
  return Array.from({ length: 2 + (random % 4) }, (_, place) => {
    const port = pick(PORTS, (random >>> place) + place * 3);
    const protocol = port === '323' || port === '546' ? 'UDP' : 'TCP';
    // Only some rows name the service.
    const service = place % 2 === 0 ? `"serviceName":"service on ${port}",` : '';
    return `{"HostAssetOpenPort":{${service}"protocol":"${protocol}","port":${port}}}`;
  }).join(',');
});

/** Extended JSON wraps integers above 2^31 and leaves smaller ones as they are. */
function long(value: number, extended: boolean): string {
  return extended && value > 2_147_483_647 ? `{"$numberLong":"${value}"}` : String(value);
}

const volumesOf = (extended: boolean) =>
  variants(127, (variant) => {
    const size = (8 + (variant % 64) * 4) * 1_073_741_824 + 4096;
    const free = Math.floor(size / (2 + (variant % 5)) / 4096) * 4096;
    return (
      `{"HostAssetVolume":{"free":${496_984_064 + variant * 4096},"name":"/dev","size":506331136}},` +
      `{"HostAssetVolume":{"free":${long(free, extended)},"name":"/","size":${long(size, extended)}}}`
    );
  });

const plainVolumes = volumesOf(false);
const extendedVolumes = volumesOf(true);

/** The `volume` list, with sizes on both sides of 2^31. */
export function volumes(random: number, dialect: Dialect): string {
  return dialect === 'extended' ? extendedVolumes(random) : plainVolumes(random);
}

/** The `tags` list: variant `2n` has the agent's tag, variant `2n + 1` does not. */
export const tags = variants(
  40,
  (variant) =>
    `{"TagSimple":{"id":33643,"name":"${variant % 2 === 0 ? 'Cloud Agent' : 'R&D <lab>'}"}},` +
    `{"TagSimple":{"id":${40_000 + (variant >> 1)},"name":"unit-${variant >> 1}"}}`,
);
