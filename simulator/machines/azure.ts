import { hash, pick, spread32, uuid } from '../random.js';
import { factoryMac, ipv4, linkLocal, publicIp } from './addresses.js';
import { cloudSystem, hiddenFromSensor, ROLES } from './cloud-systems.js';
import { fixed } from './fixed.js';
import { DRAW, type Machine } from './machine.js';

const REGIONS = ['eastus', 'westeurope', 'northeurope', 'southeastasia'] as const;
const SIZES = ['Standard_B2s', 'Standard_D4s_v5', 'Standard_E8s_v5'] as const;

/** `0000-0004-3449-1529-1657-8152-51`, as Azure's firmware reports it. */
function serialOf(index: number, drawn: number): string {
  const digits = String(spread32(index)).padStart(10, '0') + String(drawn).padStart(10, '0');
  return `0000-${digits.slice(0, 4)}-${digits.slice(4, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16)}-51`;
}

export function fillAzure(machine: Machine, seed: number): void {
  const { index } = machine;
  const os = cloudSystem(seed, index);
  const windows = os.platform === 'Windows';
  const drawn = hash(seed, index, DRAW.address);
  const region = pick(REGIONS, drawn >>> 4);
  const account = (drawn >>> 8) % 4;
  const subnet = (drawn >>> 12) % 64;
  const mac = factoryMac('000d3a', index);
  machine.cloud = {
    provider: 'AZURE',
    instance: uuid(seed, index, DRAW.instance),
    account: fixed(seed).subscriptions[account] as string,
    accountNumber: '',
    region,
    zone: region,
    network: `vnet-${region}`,
    subnet: `snet-${subnet}`,
    image: 'canonical',
    size: pick(SIZES, drawn >>> 20),
    dashedIp: '',
    dnsZone: '',
    hidden: hiddenFromSensor(seed, index),
  };
  machine.os = os;
  machine.name = `vm-${pick(ROLES, drawn)}-${index.toString(36)}`;
  machine.nics = [
    {
      name: windows ? 'Microsoft Hyper-V Network Adapter' : 'eth0',
      mac,
      addresses: [ipv4('10', 40 + account, subnet, drawn >>> 18), linkLocal(mac)],
      gateway: '10.40.0.1',
    },
  ];
  machine.externalIp = publicIp(seed, index);
  machine.serial = serialOf(index, drawn);
  machine.manufacturer = 'Microsoft Corporation';
  machine.model = 'Virtual Machine';
  machine.bios = 'Hyper-V UEFI Release v4.1';
  machine.chassis = '3';
  machine.chassisName = 'Desktop';
  machine.user = 'azureuser';
}
