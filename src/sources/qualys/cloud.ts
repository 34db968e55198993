import { clean, ip, mac, text, time } from '../../host/canonical/index.js';
import { entries } from './lists.js';
import type { Raw } from '../mapping/raw.js';

/** Cloud fields of an asset, from a Qualys connector or the agent on it. */
export interface CloudFacts {
  provider: string;
  instance?: string | undefined;
  account?: string | undefined;
  project?: string | undefined;
  region?: string | undefined;
  zone?: string | undefined;
  vpc?: string | undefined;
  subnet?: string | undefined;
  image?: string | undefined;
  state?: string | undefined;
  mac?: string | undefined;
  privateIp?: string | undefined;
  publicIp?: string | undefined;
  hostname?: unknown;
  tags: string[];
  firstDiscovered?: Date | undefined;
  lastUpdated?: Date | undefined;
}

/** The first entry of a known cloud in `sourceInfo`. The empty `AssetSource` entry is ignored. */
export function cloudFacts(sourceInfo: unknown): CloudFacts | undefined {
  const [ec2] = entries(sourceInfo, 'Ec2AssetSourceSimple');
  if (ec2) return fromEc2(ec2);
  const [azure] = entries(sourceInfo, 'AzureAssetSourceSimple');
  if (azure) return fromAzure(azure);
  const [gcp] = entries(sourceInfo, 'GcpAssetSourceSimple');
  return gcp && fromGcp(gcp);
}

// Two fields are not used: `zone`, which contains the text "VPC", and `createdDate`, which is the time of the API call.
function fromEc2(source: Raw): CloudFacts {
  return {
    provider: 'aws',
    instance: text(source['instanceId'])?.toLowerCase(),
    account: text(source['accountId'])?.padStart(12, '0'), // an earlier conversion to a number drops leading zeros
    region: text(source['region']),
    zone: text(source['availabilityZone']),
    vpc: text(source['vpcId']),
    subnet: text(source['subnetId']),
    image: text(source['imageId']),
    state: text(source['instanceState']),
    hostname: source['privateDnsName'],
    tags: tagsOf(source['ec2InstanceTags'], 'EC2Tags'),
    ...common(source),
  };
}

function fromAzure(source: Raw): CloudFacts {
  const [publisher, offer] = [text(source['publisher']), text(source['offer'])];
  return {
    provider: 'azure',
    instance: text(source['vmId'])?.toLowerCase(),
    account: text(source['subscriptionId'])?.toLowerCase(),
    region: text(source['location']),
    vpc: text(source['virtualNetwork']),
    subnet: text(source['subnet']),
    image: publisher && offer ? `${publisher}:${offer}` : offer,
    state: text(source['state']),
    hostname: source['name'],
    tags: tagsOf(source['azureVmTags'], 'AzureTags'),
    ...common(source),
  };
}

function fromGcp(source: Raw): CloudFacts {
  const zone = text(source['zone'])?.replace(/^.*\//, '');
  return {
    provider: 'gcp',
    instance: text(source['instanceId']),
    project: text(source['projectId']) ?? text(source['projectIdNo']),
    region: zone?.replace(/-[a-z]$/, ''),
    zone,
    vpc: text(source['network']),
    image: text(source['imageId']),
    state: text(source['state']),
    hostname: source['hostname'],
    tags: tagsOf(source['gcpInstanceTags'], 'GCPTags'),
    ...common(source),
  };
}

function common(source: Raw) {
  return {
    mac: mac(source['macAddress']),
    privateIp: ip(source['privateIpAddress']),
    publicIp: ip(source['publicIpAddress']),
    firstDiscovered: time(source['firstDiscovered']),
    lastUpdated: time(source['lastUpdated']),
  };
}

/** Cloud tags as `key=value`; Qualys' own tags are only names. */
function tagsOf(container: unknown, wrapper: string): string[] {
  const tags = (container as Raw | undefined | null)?.['tags'];
  return entries(tags, wrapper).flatMap((tag) => {
    const key = clean(tag['key'], 256);
    return key === undefined ? [] : `${key}=${clean(tag['value'], 256) ?? ''}`;
  });
}
