import { hash, uuid } from '../../../simulator/random.js';
import { spell } from '../../../simulator/render/mac.js';
import { isoMillis } from '../../../simulator/times.js';
import { swapped } from './hardware.js';
import { fullName, groupOf } from './qualys.js';
import type { Sighting } from './sightings.js';

/** A record of Tenable's asset export (v1): all values in lists, UUID and serial if an agent or a scan with credentials read them. */
export function tenableRecord(seed: number, sighting: Sighting): { id: string; raw: object } {
  const { machine, state, lacks, number, agent } = sighting;
  const { os, cloud } = machine;
  const at = machine.slot * 16 + number;
  const id = uuid(seed, at, 34);
  const scan = agent < 0;
  const windows = os.platform === 'Windows';
  const full = fullName(sighting).toLowerCase();
  const [first, last] = [isoMillis(Math.trunc(sighting.first)), isoMillis(Math.trunc(sighting.last))];
  const macs = lacks.mac ? [] : state.nics.flatMap(({ mac }) => (mac ? spell(mac, ':') : []));
  const known = cloud && !lacks.cloud ? cloud : undefined;
  const hardwareUuid = lacks.uuid || !state.uuid ? null : sighting.swapped ? swapped(state.uuid) : state.uuid;
  const raw = {
    id,
    has_agent: !scan,
    has_plugin_results: true,
    created_at: first,
    updated_at: last,
    first_seen: first,
    last_seen: last,
    first_scan_time: first,
    last_scan_time: last,
    last_authenticated_scan_date: scan ? null : last,
    terminated_at: null,
    deleted_at: null,
    agent_uuid: scan ? null : agentUuid(seed, sighting, at),
    agent_names: scan ? [] : [state.name],
    bios_uuid: hardwareUuid,
    serial_number: lacks.serial || !state.serial ? null : state.serial,
    network_id: '00000000-0000-0000-0000-000000000000',
    network_name: 'Default',
    ipv4s: [...new Set(state.nics.flatMap(({ ip }) => ip || []))],
    ipv6s: [],
    fqdns: full.includes('.') ? [full] : [],
    hostnames: scan ? [] : [state.name],
    netbios_names: windows ? [state.name.toUpperCase().slice(0, 15)] : [],
    mac_addresses: macs,
    operating_systems: [os.qualys],
    system_types: ['general-purpose'],
    sources: [{ name: scan ? 'NESSUS_SCAN' : 'NESSUS_AGENT', first_seen: first, last_seen: last }],
    tags: [],
    network_interfaces: scan
      ? []
      : state.nics.map((nic) => ({
          name: nic.name,
          mac_addresses: lacks.mac || !nic.mac ? [] : [spell(nic.mac, ':')],
          ipv4s: nic.ip ? [nic.ip] : [],
          ipv6s: [],
          fqdns: [],
        })),
    aws_ec2_instance_id: known?.provider === 'AWS' ? known.instance : null,
    aws_owner_id: known?.provider === 'AWS' ? known.account : null,
    aws_region: known?.provider === 'AWS' ? known.region : null,
    aws_availability_zone: known?.provider === 'AWS' ? known.zone : null,
    aws_vpc_id: known?.provider === 'AWS' ? known.network : null,
    aws_subnet_id: known?.provider === 'AWS' ? known.subnet : null,
    azure_vm_id: known?.provider === 'AZURE' ? known.instance : null,
    gcp_instance_id: known?.provider === 'GCP' ? known.instance : null,
    gcp_project_id: known?.provider === 'GCP' ? known.account : null,
    gcp_zone: known?.provider === 'GCP' ? known.zone : null,
  };
  return { id, raw };
}

function agentUuid(seed: number, { machine }: Sighting, at: number): string {
  return machine.agentOf ? uuid(seed, hash(seed, groupOf(machine), 35), 36) : uuid(seed, at, 37);
}
