import { uuid, uuidKey } from './hardware.js';
import type { HostObservation } from '../types.js';

const PROVIDERS: readonly [RegExp, string][] = [
  [/^(?:aws|amazon|ec2)/, 'aws'],
  [/azure|microsoft/, 'azure'],
  [/^(?:gcp|google)/, 'gcp'],
  [/^(?:oci|oracle)/, 'oci'],
  [/alibaba|aliyun/, 'alibaba'],
  [/^ibm/, 'ibm'],
];

/** Normalizes a provider's name (`AWS_EC2_V2`, `Azure`, `GCP`) to `aws`, `azure`, `gcp`, `oci`, `alibaba` or `ibm`; others become lower-case. */
export function cloudProvider(name: string): string | undefined {
  const folded = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  for (const [pattern, provider] of PROVIDERS) if (pattern.test(folded)) return provider;
  return folded === '' || folded === 'none' || folded === 'on-prem' ? undefined : folded;
}

const AWS_INSTANCE = /^m?i-[0-9a-f]{8}(?:[0-9a-f]{9})?$/;

/**
 * Returns the provider if the form of an instance id belongs to one provider only. EC2 also uses the id as the name of a
 * machine (resource names).
 */
export function providerOfInstance(instance: string): string | undefined {
  return /^i-[0-9a-f]{17}$/.test(instance) ? 'aws' : undefined;
}

/**
 * Returns the value of a `cloud` key. AWS instance ids, Azure vmIds and GCP's numeric ids are unique in their whole cloud,
 * so the key omits the account: records with and without the account must share it. The ids of other providers are unique
 * only within an account, so there is no key without an account.
 */
export function cloudKey(provider: string, instance: string, account: string | undefined): string | undefined {
  const folded = instance.toLowerCase();
  if (provider === 'aws' && AWS_INSTANCE.test(folded)) return `cloud:aws:${folded}`;
  if (provider === 'gcp' && /^\d{8,20}$/.test(folded)) return `cloud:gcp:${folded}`;
  const id = uuid(folded);
  // Azure's vmId is the SMBIOS UUID, and tools disagree on its byte order.
  if (id !== undefined) return `cloud:${provider}:${uuidKey(id)}`;
  if (account === undefined || folded.length > 128) return undefined;
  return `cloud:${provider}/${account.toLowerCase().replaceAll(':', '_')}:${folded}`;
}

/**
 * Returns the cloud within which a record's locally administered MACs are unique, if any. Records often lack the cloud's
 * metadata, so EC2 is also recognized by its firmware (`4.11.amazon`, `Amazon EC2`) and its private DNS names.
 */
export function cloudScope({ cloud, device }: HostObservation): string | undefined {
  if (cloud) return cloud.provider;
  const firmware = device.hw_info;
  if (
    firmware?.bios_ver?.endsWith('.amazon') ||
    firmware?.bios_manufacturer === 'Amazon EC2' ||
    device.vendor_name === 'Amazon EC2'
  )
    return 'aws';
  if (device.hostname !== undefined && /\.(?:ec2|compute)\.internal$/.test(device.hostname)) return 'aws';
  return device.instance_uid === undefined ? undefined : providerOfInstance(device.instance_uid);
}
