import { hash, uuid } from '../random.js';
import { fixed } from '../machines/fixed.js';
import { PURPOSE } from '../machines/machine.js';
import { writeDate, type Dialect } from './dialect.js';
import type { Sink } from './sink.js';
import { variants } from './variants.js';
import type { Shown } from './version.js';

const PLACES = [
  'Ashburn,Virginia United States',
  'Frankfurt am Main,Hessen Germany',
  'München,Bayern Germany',
  'Sydney,New South Wales Australia',
] as const;

const places = variants(
  PLACES.length,
  (variant) => `"agentInfo":{"location":"${PLACES[variant]}","locationGeoLatitude":"39.0469","lastCheckedIn":`,
);

// Qualys misspells the key of the longitude.
const manifests = variants(
  400,
  (variant) =>
    `,"locationGeoLongtitude":"-77.4903","manifestVersion":{"sca":"VULNSIGS-SCA-2.6.${variant}.2-1","vm":"VULNSIGS-VM-2.6.${variant}.2-1"},` +
    `"activatedModule":"AGENT_VM,AGENT_SCA,AGENT_PM","agentConfiguration":{"id":1000,"name":"Initial Profile"},` +
    `"status":"${variant % 9 === 0 ? 'STATUS_INACTIVE' : 'STATUS_ACTIVE'}","chirpStatus":"Inventory Scan Complete","agentVersion":"6.${variant % 3}.0.`,
);

/** The `agentInfo` object of a host asset that runs the agent. */
export function writeAgent({ seed, machine, version }: Shown, seen: number, dialect: Dialect, sink: Sink): void {
  const h = hash(seed, machine.index, PURPOSE.sizes);
  sink.text(places(h >>> 16));
  writeDate(seen, dialect, sink);
  sink.text(manifests(h));
  sink.text(
    `${20 + version.changes}","activationKey":{"title":"Fleet key","activationId":"${fixed(seed).activationKey}"},`,
  );
  sink.text(`"connectedFrom":"${machine.externalIp}","agentId":"${uuid(seed, machine.index, PURPOSE.agentId)}",`);
  sink.text(`"platform":"${machine.os.platform}"},`);
}
