import { hash, pick } from '../random.js';
import { firstSeen, fleetNow, isNew, isoSeconds } from '../times.js';
import { fixed } from '../machines/fixed.js';
import { PURPOSE, type Machine } from '../machines/machine.js';
import { writeDate, type Dialect } from './dialect.js';
import { writeAgent } from './qualys-agent.js';
import { ports, tags, volumes } from './qualys-lists.js';
import { writeNics } from './qualys-nics.js';
import { writeSource } from './qualys-source.js';
import type { Sink } from './sink.js';
import type { Shown } from './version.js';

const DAY = 86_400_000;
const MEMORY = ['966', '1971', '3904', '7822', '15990', '32022'] as const;

/** The id increases with the machine's number, as Qualys' ids increase with discovery. */
export function qualysId(seed: number, index: number): number {
  return 305_000_000 + index * 16 + (hash(seed, index, PURPOSE.agentId + 20) & 15);
}

interface Names {
  name: string;
  dns: string;
  fqdn: string;
}

function namesOf(machine: Machine): Names {
  // The name of an asset that only the cloud connector lists is its instance id.
  if (machine.agentless && machine.cloud) return { name: machine.cloud.instance, dns: '', fqdn: '' };
  const windows = machine.os.platform === 'Windows';
  const full = machine.name + machine.suffix;
  const dns = full.toLowerCase();
  return { name: windows ? machine.name : full, dns, fqdn: windows ? full : dns };
}

/** The functions that write the two long lists. `writeQualysHost` calls each one at the place of its list. */
export interface LongLists {
  software: (sink: Sink) => void;
  vulns: (sink: Sink) => void;
}

/** Writes a host asset as JSON, with the keys in Qualys' order. */
export function writeQualysHost(shown: Shown, dialect: Dialect, lists: LongLists, sink: Sink): void {
  const { seed, machine, version } = shown;
  const { index, os } = machine;
  const id = qualysId(seed, index);
  const h = hash(seed, index, PURPOSE.times);
  const sizes = hash(seed, index, PURPOSE.sizes + 40);
  // Qualys has not seen one machine in ten for weeks, and has seen the others within two days.
  const seen =
    fleetNow() -
    (h % 10 === 0 && !isNew(seed, index) ? 15 + (h % 200) : h % 2) * DAY -
    (h % 86_400) * 1000 +
    version.touches * 3_600_000;
  const created = firstSeen(seed, index, 300 + ((h >>> 8) % 900)) - (h % 86_400) * 1000;
  const { name, dns, fqdn } = namesOf(machine);
  const agent = !machine.agentless;
  const scanned = agent || !machine.cloud;

  if (dialect === 'extended') sink.text(`{"_id":${id},`);
  else sink.text(`{`);
  sink.text(
    `"account":{"list":[{"HostAssetAccount":{"username":"${machine.user || 'root'}"}},{"HostAssetAccount":{"username":"svc-backup"}}]},`,
  );
  sink.text(`"address":"${machine.nics[0]?.addresses[0] ?? ''}",`);
  if (agent) writeAgent(shown, seen, dialect, sink);
  if (machine.bios) sink.text(`"biosDescription":"${machine.manufacturer} ${machine.bios} 08/24/2024",`);
  if (machine.cloud) sink.text(`"cloudProvider":"${machine.cloud.provider}",`);
  sink.text(`"created":"${isoSeconds(created)}",`);
  if (dns) sink.text(`"dnsHostName":"${dns}",`);
  if (machine.windowsDomain) sink.text(`"domain":"${machine.windowsDomain}",`);
  sink.text(`"fqdn":"${fqdn}","id":${id},"isDockerHost":"${sizes % 12 === 0 ? 'true' : 'false'}",`);
  if (agent) {
    sink.text(`"lastComplianceScan":"${isoSeconds(seen - 7_200_000)}","lastLoggedOnUser":"${machine.user}",`);
    sink.text(`"lastSystemBoot":"${isoSeconds(created + DAY)}",`);
  }
  if (scanned) {
    sink.text(`"lastVulnScan":`);
    writeDate(seen - 400_000, dialect, sink);
    sink.text(`,`);
  }
  if (machine.manufacturer) sink.text(`"manufacturer":"${machine.manufacturer}","model":"${machine.model}",`);
  sink.text(`"modified":"${isoSeconds(seen)}","name":"${name}",`);
  if (os.platform === 'Windows' && dns) sink.text(`"netbiosName":"${machine.name.toUpperCase()}",`);
  sink.text(`"networkGuid":"${fixed(seed).networkGuid}","networkInterface":{"list":[`);
  writeNics(machine, dns, sink);
  sink.text(
    `]},"openPort":{"list":[${ports(sizes)}]},"os":"${agent || version.changes === 0 ? os.qualys : `${os.qualys} rev ${version.changes}`}",`,
  );
  sink.text(`"processor":{"list":[{"HostAssetProcessor":{"name":"Intel(R) Xeon(R) CPU @ 2.40GHz","speed":2400}}]},`);
  // An asset that only the connector lists has no id in the scanning part of the product.
  sink.text(`"qwebHostId":${scanned ? 215_000_000 + index : 'null'},"software":{"list":[`);
  lists.software(sink);
  sink.text(`]},"sourceInfo":{"list":[`);
  writeSource(seed, machine, id, created, sink);
  sink.text(`]},"tags":{"list":[${tags((sizes % 20) * 2 + (agent ? 0 : 1))}]},`);
  sink.text(`"timezone":"${h % 3 === 0 ? '+00:00' : 'UTC'}","totalMemory":${pick(MEMORY, sizes >>> 8)},`);
  sink.text(
    `"trackingMethod":"${agent ? 'QAGENT' : machine.cloud ? 'INSTANCE_ID' : 'IP'}","type":"HOST","volume":{"list":[`,
  );
  if (agent) sink.text(volumes(sizes >>> 6, dialect));
  sink.text(`]},"vuln":{"list":[`);
  lists.vulns(sink);
  sink.text(`]}}`);
}
