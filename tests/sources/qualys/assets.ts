/** Invented assets in the shape of Qualys' own JSON. */
export const ec2Asset = {
  id: 410000001,
  name: 'ip-10-20-30-40.ec2.internal',
  created: '2022-08-18T22:18:40Z',
  modified: '2023-07-26T04:27:35Z',
  type: 'HOST',
  tags: { list: [{ TagSimple: { id: 1, name: 'Production' } }, { TagSimple: { id: 2, name: 'Cloud Agent' } }] },
  sourceInfo: {
    list: [
      { AssetSource: {} },
      {
        Ec2AssetSourceSimple: {
          assetId: 410000001,
          type: 'EC_2',
          firstDiscovered: '2022-08-18T22:10:00Z',
          lastUpdated: '2023-07-25T19:53:43Z',
          createdDate: '2023-07-26T05:00:00Z',
          ec2InstanceTags: {
            tags: { list: [{ EC2Tags: { key: 'Name', value: 'web-1' } }, { EC2Tags: { key: 'empty', value: '' } }] },
          },
          reservationId: 'r-0123456789abcdef0',
          availabilityZone: 'us-east-1c',
          zone: 'VPC',
          privateDnsName: 'ip-10-20-30-40.ec2.internal',
          publicDnsName: 'ec2-198-51-100-7.compute-1.amazonaws.com',
          localHostname: 'ip-10-20-30-40.ec2.internal',
          instanceId: 'i-0123456789abcdef0',
          instanceType: 't2.micro',
          instanceState: 'RUNNING',
          accountId: '012345678901',
          subnetId: 'subnet-0123456789abcdef0',
          vpcId: 'vpc-0123456789abcdef0',
          region: 'us-east-1',
          imageId: 'ami-0123456789abcdef0',
          groupName: 'web',
          publicIpAddress: '198.51.100.7',
          privateIpAddress: '10.20.30.40',
          macAddress: '0a:11:22:33:44:55',
          spotInstance: 'false',
          monitoringEnabled: 'false',
        },
      },
    ],
  },
  qwebHostId: 210000001,
  lastComplianceScan: '2023-07-25T01:48:34Z',
  lastVulnScan: '2023-07-26T04:20:52Z',
  lastSystemBoot: '2023-02-21T03:21:34Z',
  lastLoggedOnUser: 'ec2-user',
  fqdn: '',
  os: 'Amazon Linux 2',
  dnsHostName: 'IP-10-20-30-40.ec2.internal.',
  networkGuid: '00000000-1111-2222-3333-444444444444',
  address: '10.20.30.40',
  trackingMethod: 'QAGENT',
  manufacturer: 'Xen',
  model: 'HVM domU',
  totalMemory: 966,
  timezone: 'UTC',
  biosDescription: 'Xen 4.2.amazon 08/24/2006',
  agentInfo: {
    agentVersion: '6.0.0.41',
    agentId: '1ECC8A88-0000-4058-B731-94A04A48DB11',
    status: 'STATUS_ACTIVE',
    lastCheckedIn: '2023-07-26T04:27:30Z',
    connectedFrom: '198.51.100.9',
    platform: 'Linux',
  },
  networkInterface: {
    list: [
      {
        HostAssetInterface: {
          interfaceName: 'eth0',
          macAddress: '0A:11:22:33:44:55',
          gatewayAddress: '10.20.30.1',
          address: '10.20.30.40',
          hostname: 'ip-10-20-30-40.ec2.internal',
        },
      },
      { HostAssetInterface: { address: '198.51.100.7', hostname: 'ip-10-20-30-40.ec2.internal' } },
      {
        HostAssetInterface: {
          interfaceName: 'eth0',
          macAddress: '0a-11-22-33-44-55',
          address: 'fe80:0:0:0:811:22ff:fe33:4455',
          hostname: 'ip-10-20-30-40.ec2.internal',
        },
      },
      {
        HostAssetInterface: {
          interfaceName: 'docker0',
          macAddress: '02:42:ac:11:00:01',
          address: '172.17.0.1',
          hostname: 'gateway.docker.internal',
        },
      },
      { HostAssetInterface: { interfaceName: 'lo', address: '127.0.0.1' } },
    ],
  },
  openPort: { list: [{ HostAssetOpenPort: { port: 22, protocol: 'TCP', serviceName: 'ssh' } }] },
  processor: {
    list: [
      { HostAssetProcessor: { name: 'Intel(R) Xeon(R)', speed: 2400 } },
      { HostAssetProcessor: { name: 'Intel(R) Xeon(R)', speed: 2400 } },
    ],
  },
  volume: { list: [{ HostAssetVolume: { name: '/', size: 8589934592, free: 4294967296 } }] },
  account: { list: [{ HostAssetAccount: { username: 'root' } }] },
  software: {
    list: [
      { HostAssetSoftware: { name: 'openssl', version: '1.10' } },
      { HostAssetSoftware: { name: 'bash', version: '5' } },
      { HostAssetSoftware: { name: 'vim', version: '9' } },
    ],
  },
  vuln: {
    list: [
      {
        HostAssetVuln: {
          qid: 38000,
          hostInstanceVulnId: 11730616285,
          firstFound: '2023-03-08T19:26:05Z',
          lastFound: '2023-07-26T04:20:52Z',
        },
      },
    ],
  },
  isDockerHost: 'true',
  cloudProvider: 'AWS',
};

export const windowsAsset = {
  id: 410000002,
  name: 'FS-01',
  netbiosName: 'FS-01',
  dnsHostName: 'fs-01',
  fqdn: 'FS-01.corp.example.com',
  domain: 'CORP.example.com',
  os: 'Microsoft Windows Server 2019 Datacenter 10.0.17763 64-bit N/A Build 17763 UBR 3232',
  address: '192.168.7.9',
  lastLoggedOnUser: 'reboot',
  manufacturer: 'To Be Filled By O.E.M.',
  model: 'System Product Name',
  biosDescription: 'American Megatrends Inc. 090008 12/07/2018',
  created: '2022-01-01T00:00:00Z',
  modified: '2023-01-05T00:00:00Z',
  lastVulnScan: '2023-01-04T00:00:00Z',
  networkInterface: {
    list: [
      {
        HostAssetInterface: {
          interfaceName: 'Ethernet',
          macAddress: '00-50-56-8A-11-22',
          address: '192.168.7.9',
          hostname: 'FS-01',
        },
      },
    ],
  },
  software: { list: '' },
  tags: '',
};

export const azureAsset = {
  id: '410000003',
  name: 'vm-eu-7',
  created: '2023-01-01T00:00:00Z',
  sourceInfo: {
    list: [
      {
        AzureAssetSourceSimple: {
          vmId: '9F0AB41C-7D2E-4F63-88AA-0B1C2D3E4F50',
          subscriptionId: 'AAAAAAAA-1111-2222-3333-BBBBBBBBBBBB',
          name: 'vm-eu-7',
          location: 'westeurope',
          virtualNetwork: 'vnet-1',
          subnet: 'default',
          publisher: 'canonical',
          offer: 'ubuntu-22_04',
          state: 'RUNNING',
          macAddress: '00-0D-3A-11-22-33',
          privateIpAddress: '10.1.0.4',
          publicIpAddress: '203.0.113.4',
          firstDiscovered: '2022-12-31T00:00:00Z',
          lastUpdated: '2023-02-01T00:00:00Z',
          azureVmTags: { tags: { list: [{ AzureTags: { key: 'env', value: 'prod' } }] } },
        },
      },
    ],
  },
};

export const gcpAsset = {
  id: 410000004,
  name: 'gke-node-1',
  sourceInfo: {
    list: [
      {
        GcpAssetSourceSimple: {
          instanceId: '8415755636796452136',
          projectId: 'acme-prod',
          projectIdNo: '123456789012',
          hostname: 'gke-node-1.c.acme-prod.internal',
          zone: 'projects/123456789012/zones/europe-west1-b',
          network: 'default',
          macAddress: '42:01:0a:84:00:02',
          privateIpAddress: '10.132.0.2',
          imageId: '77',
          state: 'RUNNING',
          gcpInstanceTags: { tags: { list: [{ GCPTags: { key: 'team', value: 'data' } }] } },
        },
      },
    ],
  },
};

/**
 * The same record as the XML reader returns it: every value is text, lists collapse, and empty lists are empty text.
 */
export function asXml(value: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0) return '';
    const grouped: Record<string, unknown> = {};
    for (const wrapper of value as Record<string, unknown>[]) {
      for (const [name, inner] of Object.entries(wrapper)) {
        const read = asXml(inner);
        if (!(name in grouped)) grouped[name] = read;
        else if (Array.isArray(grouped[name])) grouped[name].push(read);
        else grouped[name] = [grouped[name], read];
      }
    }
    return grouped;
  }
  if (typeof value !== 'object' || value === null) return value === null ? '' : `${value as string | number}`;
  const entries = Object.entries(value).map(([key, inner]) => [key, asXml(inner)]);
  return entries.length === 0 ? '' : Object.fromEntries(entries);
}

/** The same record in extended JSON, with the wrappers that a MongoDB dump has. */
export function asExtended(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((entry) => asExtended(entry));
  if (typeof value === 'number' && (value > 2_147_483_647 || key === 'hostInstanceVulnId'))
    return { $numberLong: String(value) };
  if (typeof value === 'string' && (key === 'lastVulnScan' || key === 'lastCheckedIn' || key === 'modified_timestamp'))
    return { $date: value.replace('Z', '.000Z') };
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, child]) => [name, asExtended(child, name)]));
  return 'id' in inner && 'name' in inner && key === '' ? { _id: inner['id'], ...inner } : inner;
}
