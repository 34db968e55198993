import type { Machine, Nic } from '../machines/machine.js';
import { spell } from './mac.js';
import type { Sink } from './sink.js';

function writeRow(nic: Nic, address: string, mac: string, hostname: string, sink: Sink): void {
  sink.text(`{"HostAssetInterface":{`);
  if (nic.name) sink.text(`"interfaceName":"${nic.name}",`);
  if (mac) {
    sink.text(`"macAddress":"${spell(mac, ':')}",`);
  }
  if (nic.gateway) sink.text(`"gatewayAddress":"${nic.gateway}",`);
  sink.text(`"address":"${address}"`);
  if (hostname) sink.text(`,"hostname":"${hostname}"`);
  sink.text(`}}`);
}

/** The `networkInterface` list: one row per address, so an interface with IPv4 and IPv6 has two rows. */
export function writeNics(machine: Machine, hostname: string, sink: Sink): void {
  // Linux agents print MACs in lower case, Windows agents in upper case.
  const upper = machine.os.platform === 'Windows';
  let rows = 0;
  for (const nic of machine.nics) {
    const shown: Nic = machine.agentless
      ? { name: '', mac: '', addresses: nic.addresses.slice(0, 1), gateway: '' }
      : nic;
    const mac = upper ? shown.mac.toUpperCase() : shown.mac;
    for (const address of shown.addresses) {
      if (rows++ > 0) sink.text(`,`);
      writeRow(shown, address, mac, hostname, sink);
    }
  }
}
