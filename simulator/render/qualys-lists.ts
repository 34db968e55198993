import { pick } from '../random.js';
import { writeLong, type Dialect } from './dialect.js';
import type { Sink } from './sink.js';

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

export function writePorts(h: number, sink: Sink): void {
  const count = 2 + (h % 4);
  for (let place = 0; place < count; place++) {
    const port = pick(PORTS, (h >>> place) + place * 3);
    if (place > 0) sink.text(`,`);
    // Only some rows name the service.
    if (place % 2 === 0)
      sink.text(`{"HostAssetOpenPort":{"serviceName":"service on ${port}","protocol":"TCP","port":${port}}}`);
    else
      sink.text(
        `{"HostAssetOpenPort":{"protocol":"${port === '323' || port === '546' ? 'UDP' : 'TCP'}","port":${port}}}`,
      );
  }
}

const GIGABYTE = 1_073_741_824;
const VOLUMES = Array.from({ length: 128 }, (_, place) => {
  const size = (8 + (place % 64) * 4) * GIGABYTE + 4096;
  return {
    size: String(size),
    free: String(Math.floor(size / (2 + (place % 5)) / 4096) * 4096),
    small: String(496_984_064 + place * 4096),
  };
});

/** Sizes on both sides of 2^31: extended JSON wraps one and leaves the other. */
export function writeVolumes(h: number, dialect: Dialect, sink: Sink): void {
  const volume = pick(VOLUMES, h);
  sink.text(`{"HostAssetVolume":{"free":${volume.small},"name":"/dev","size":506331136}},{"HostAssetVolume":{"free":`);
  writeLong(volume.free, dialect, sink);
  sink.text(`,"name":"/","size":`);
  writeLong(volume.size, dialect, sink);
  sink.text(`}}`);
}
