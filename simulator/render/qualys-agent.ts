import { hash, pick, uuid } from '../random.js';
import { fixed } from '../machines/fixed.js';
import { DRAW } from '../machines/machine.js';
import { writeDate, type Dialect } from './dialect.js';
import type { Sink } from './sink.js';
import type { Shown } from './version.js';

const PLACES = [
  'Ashburn,Virginia United States',
  'Frankfurt am Main,Hessen Germany',
  'München,Bayern Germany',
  'Sydney,New South Wales Australia',
] as const;

/** The `agentInfo` object of a host asset that runs the agent. */
export function writeAgent({ seed, machine, version }: Shown, seen: number, dialect: Dialect, sink: Sink): void {
  const h = hash(seed, machine.index, DRAW.sizes);
  const manifest = h % 400;
  sink.text(`"agentInfo":{"location":"${pick(PLACES, h)}","locationGeoLatitude":"39.0469","lastCheckedIn":`);
  writeDate(seen, dialect, sink);
  // Qualys misspells the key of the longitude.
  sink.text(`,"locationGeoLongtitude":"-77.4903","agentVersion":"6.${h % 3}.0.${20 + version.changes}",`);
  sink.text(`"manifestVersion":{"sca":"VULNSIGS-SCA-2.6.${manifest}.2-1","vm":"VULNSIGS-VM-2.6.${manifest}.2-1"},`);
  sink.text(
    `"activatedModule":"AGENT_VM,AGENT_SCA,AGENT_PM","activationKey":{"title":"Fleet key","activationId":"${fixed(seed).activationKey}"},`,
  );
  sink.text(
    `"agentConfiguration":{"id":1000,"name":"Initial Profile"},"status":"${h % 9 === 0 ? 'STATUS_INACTIVE' : 'STATUS_ACTIVE'}",`,
  );
  sink.text(
    `"chirpStatus":"Inventory Scan Complete","connectedFrom":"${machine.externalIp}","agentId":"${uuid(seed, machine.index, DRAW.agentId)}",`,
  );
  sink.text(`"platform":"${machine.os.platform}"},`);
}
