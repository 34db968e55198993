import { hash, hex32, hex8, pick, share, spread32 } from '../random.js';
import { firstSeen, fleetNow, isNew, isoMillis, isoSeconds } from '../times.js';
import { fixed } from '../machines/fixed.js';
import { PURPOSE, type Machine } from '../machines/machine.js';
import { writeDate, type Dialect } from './dialect.js';
import { spell } from './mac.js';
import type { Sink } from './sink.js';
import { variants } from './variants.js';
import type { Shown } from './version.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** The agent id. Its first digits are the machine's spread number, so that the fleet can sort without computing ids. */
export function deviceId(seed: number, index: number): string {
  return hex8(spread32(index)) + hex32(seed, index, PURPOSE.deviceId).slice(0, 24);
}

const POLICIES = ['prevention', 'sensor_update', 'global_config', 'remote_response', 'firewall'] as const;

/** Policy blocks are half of a device record and similar across a fleet, so the simulator renders many variants once. */
function policyText(variant: number): string {
  const applied = (kind: number): string => {
    const h = hash(3, variant, kind);
    const at = fleetNow() - (30 + (h % 400)) * 86_400_000 - ((h >>> 9) % 86_400) * 1000;
    const nanos = (text: string, random: number): string =>
      text.replace('Z', `.${String(random % 1_000_000_000).padStart(9, '0')}Z`);
    return (
      `{"policy_type":"${(POLICIES[kind] as string).replace('_', '-')}","policy_id":"${hex32(5, variant % 7, kind)}","applied":true,` +
      `"settings_hash":"${hex8(hash(5, variant % 7, kind + 9))}","assigned_date":"${nanos(isoSeconds(at), h)}",` +
      `"applied_date":"${nanos(isoSeconds(at + 40_000), hash(3, variant, kind + 30))}","rule_groups":[]}`
    );
  };
  const blocks = POLICIES.map((name, kind) => `"${name}":${applied(kind)}`).join(',');
  return `"policies":[${applied(0)}],"reduced_functionality_mode":"no","device_policies":{${blocks}},`;
}

const policies = variants(512, policyText);

const PROVIDERS = { AWS: 'AWS_EC2_V2', AZURE: 'AZURE', GCP: 'GCP' } as const;

function writeCloud({ cloud }: Machine, sink: Sink): void {
  if (!cloud || cloud.hidden) return;
  sink.text(`"instance_id":"${cloud.instance}","service_provider":"${PROVIDERS[cloud.provider]}",`);
  sink.text(`"service_provider_account_id":"${cloud.accountNumber ?? cloud.account}","zone_group":"`);
  if (cloud.provider === 'GCP') sink.text(`projects/${cloud.accountNumber ?? ''}/zones/`);
  sink.text(`${cloud.zone}",`);
}

/** Writes a Falcon device as JSON. */
export function writeCrowdstrikeDevice({ seed, machine, version }: Shown, dialect: Dialect, sink: Sink): void {
  const { index, os, dock } = machine;
  const id = deviceId(seed, index);
  const own = machine.nics[0];
  const reportedNic = dock ?? own;
  const h = hash(seed, index, PURPOSE.times + 40);
  const seen =
    fleetNow() -
    (h % 12 === 0 && !isNew(seed, index) ? 15 + (h % 40) : h % 2) * DAY -
    ((h >>> 5) % 86_400) * 1000 +
    version.touches * HOUR;
  const first = firstSeen(seed, index, 250 + ((h >>> 8) % 700)) - (h % 86_400) * 1000;
  // The device's own clock. A few clocks are wrong by years.
  const local =
    share(seed, index, PURPOSE.times + 41) < 0.01 ? Date.UTC(2016, 0, 1) + version.touches * HOUR : seen - 90_000;
  const build = 16_000 + (h % 6) * 300 + version.changes;
  const { platform } = os;
  const { cid, hostGroups, groupHashes } = fixed(seed);

  if (dialect === 'extended') sink.text(`{"_id":"${id}",`);
  else sink.text('{');
  sink.text(
    `"device_id":"${id}","cid":"${cid}","agent_load_flags":"0","agent_local_time":"${isoMillis(local + (h % 1000))}",`,
  );
  sink.text(`"agent_version":"7.${14 + (h % 6)}.${build}.0",`);
  if (machine.bios) sink.text(`"bios_manufacturer":"${machine.manufacturer}","bios_version":"${machine.bios}",`);
  sink.text(
    `"config_id_base":"65994763","config_id_build":"${build}","config_id_platform":"${platform === 'Windows' ? 3 : platform === 'Mac' ? 4 : 8}",`,
  );
  sink.text(
    `"cpu_signature":"${platform === 'Mac' ? '4294967295' : 198_386 + (h % 9) * 65_536}","external_ip":"${machine.externalIp}","mac_address":"${spell(reportedNic?.mac ?? '', '-')}",`,
  );
  writeCloud(machine, sink);
  sink.text(
    `"hostname":"${machine.name}${machine.crowdstrikeSuffix}","first_seen":"${isoSeconds(first)}","last_seen":"${isoSeconds(seen)}",`,
  );
  sink.text(`"local_ip":"${reportedNic?.addresses[0] ?? ''}",`);
  if (machine.windowsDomain)
    sink.text(`"machine_domain":"${machine.windowsDomain === 'WORKGROUP' ? '' : machine.windowsDomain}",`);
  sink.text(`"major_version":"${os.major}","minor_version":"${os.minor}","os_version":"${os.crowdstrike}",`);
  if (os.build) sink.text(`"os_build":"${os.build}",`);
  sink.text(
    `"platform_id":"${platform === 'Windows' ? '0' : platform === 'Mac' ? '1' : '3'}","platform_name":"${platform}",`,
  );
  sink.text(policies(hash(seed, index, PURPOSE.policies)));
  sink.text(
    `"groups":["${pick(hostGroups, h)}"],"group_hash":"${pick(groupHashes, h)}","product_type_desc":"${os.server ? 'Server' : 'Workstation'}",`,
  );
  sink.text(
    `"provision_status":"${h % 5 === 0 ? 'NotProvisioned' : 'Provisioned'}","serial_number":"${machine.serial}",`,
  );
  sink.text(
    `"status":"${h % 200 === 0 ? 'contained' : 'normal'}","system_manufacturer":"${machine.manufacturer}","system_product_name":"${machine.model}",`,
  );
  sink.text(
    `"tags":["FalconGroupingTags/unit-${h % 20}","SensorGroupingTags/${machine.habitat}"],"modified_timestamp":`,
  );
  writeDate(seen + 30_000, dialect, sink);
  sink.text(
    `,"meta":{"version":"${700 + (h % 20_000) + version.touches + version.changes}","version_string":"${1 + (h % 3)}:${90_000 + (h % 7000)}${10_000 + ((h >>> 8) % 80_000)}"},`,
  );
  sink.text(
    `"kernel_version":"${os.kernel}","chassis_type":"${machine.chassis}","chassis_type_desc":"${machine.chassisName}",`,
  );
  sink.text(
    `"connection_ip":"${own?.addresses[0] ?? ''}","default_gateway_ip":"${own?.gateway ?? ''}","connection_mac_address":"${spell(own?.mac ?? '', '-')}"}`,
  );
}
