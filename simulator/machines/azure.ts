import { hash, pick, spread32, uuid } from '../random.js';
import { factoryMac, ipv4, linkLocal, publicIp } from './addresses.js';
import { cloudSystem, hiddenFromSensor, ROLES } from './cloud-systems.js';
import { fixed } from './fixed.js';
import { PURPOSE, type Machine } from './machine.js';

const REGIONS = ['eastus', 'westeurope', 'northeurope', 'southeastasia'] as const;
const SIZES = ['Standard_B2s', 'Standard_D4s_v5', 'Standard_E8s_v5'] as const;

/** `0000-0004-3449-1529-1657-8152-51`, as Azure's firmware reports it. */
function serialOf(index: number, random: number): string {
  const digits = String(spread32(index)).padStart(10, '0') + String(random).padStart(10, '0');
  return `0000-${digits.slice(0, 4)}-${digits.slice(4, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16)}-51`;
}

export function fillAzure(machine: Machine, seed: number): void {
  const { index } = machine;
  const os = cloudSystem(seed, index);
  const windows = os.platform === 'Windows';
  const random = hash(seed, index, PURPOSE.address);
  const region = pick(REGIONS, random >>> 4);
  const account = (random >>> 8) % 4;
  const subnet = (random >>> 12) % 64;
  const mac = factoryMac('000d3a', index);
  machine.cloud = {
    provider: 'AZURE',
    instance: uuid(seed, index, PURPOSE.instance),
    account: fixed(seed).subscriptions[account] as string,
    accountNumber: '',
    region,
    zone: region,
    network: `vnet-${region}`,
    subnet: `snet-${subnet}`,
    image: 'canonical',
    size: pick(SIZES, random >>> 20),
    dashedIp: '',
    dnsZone: '',
    hidden: hiddenFromSensor(seed, index),
  };
  machine.os = os;
  machine.name = `vm-${pick(ROLES, random)}-${index.toString(36)}`;
  machine.nics = [
    {
      name: windows ? 'Microsoft Hyper-V Network Adapter' : 'eth0',
      mac,
      addresses: [ipv4('10', 40 + account, subnet, random >>> 18), linkLocal(mac)],
      gateway: '10.40.0.1',
    },
  ];
  machine.externalIp = publicIp(seed, index);
  machine.serial = serialOf(index, random);
  machine.manufacturer = 'Microsoft Corporation';
  machine.model = 'Virtual Machine';
  machine.bios = 'Hyper-V UEFI Release v4.1';
  machine.chassis = '3';
  machine.chassisName = 'Desktop';
  machine.user = 'azureuser';
}
