import { hash, hex8 } from '../random.js';
import { isoSeconds } from '../times.js';
import { publicIp } from '../machines/addresses.js';
import { fixed } from '../machines/fixed.js';
import { PURPOSE, type CloudPlace, type Machine } from '../machines/machine.js';
import { spell } from './mac.js';
import type { Sink } from './sink.js';
import { variants } from './variants.js';

interface Seen {
  seed: number;
  machine: Machine;
  cloud: CloudPlace;
  id: number;
  discovered: string;
  updated: string;
}

const ec2Tags = variants(
  997,
  (variant) =>
    `{"EC2Tags":{"key":"Name","value":"asg-${variant % 40}"}},{"EC2Tags":{"key":"cost-center","value":"00${variant % 97}"}}]}},`,
);

function writeEc2({ seed, machine, cloud, id, discovered, updated }: Seen, created: number, sink: Sink): void {
  const h = hash(seed, machine.index, PURPOSE.network + 1);
  const nic = machine.nics[0];
  const ip = nic?.addresses[0] ?? '';
  const { dnsZone, dashedIp } = cloud;
  sink.text(
    `{"Ec2AssetSourceSimple":{"instanceType":"${cloud.size}","subnetId":"${cloud.subnet}","imageId":"${cloud.image}",`,
  );
  sink.text(
    `"groupName":"app-security-group-${h % 9}","accountId":"${cloud.account}","macAddress":"${spell(nic?.mac ?? '', ':')}","createdDate":"${isoSeconds(created - 1_800_000)}","reservationId":"r-0${hex8(h)}${hex8(machine.index)}","instanceId":"${cloud.instance}",`,
  );
  sink.text(
    `"monitoringEnabled":"false","spotInstance":"${h % 7 === 0 ? 'true' : 'false'}","zone":"VPC","instanceState":"RUNNING",`,
  );
  sink.text(
    `"privateDnsName":"ip-${dashedIp}${dnsZone}","vpcId":"${cloud.network}","type":"EC_2","availabilityZone":"${cloud.zone}",`,
  );
  sink.text(`"privateIpAddress":"${ip}","firstDiscovered":"${discovered}","ec2InstanceTags":{"tags":{"list":[`);
  sink.text(ec2Tags(h));
  sink.text(
    `"publicIpAddress":"${machine.externalIp}","lastUpdated":"${updated}","region":"${cloud.region}","assetId":${id},`,
  );
  sink.text(`"groupId":"sg-0${fixed(seed).groups[h % 9] as string}","localHostname":"ip-${dashedIp}${dnsZone}",`);
  sink.text(`"publicDnsName":"ec2-${publicIp(seed, machine.index, '-')}.compute-1.amazonaws.com"}}`);
}

function writeAzure({ machine, cloud, id, discovered, updated }: Seen, sink: Sink): void {
  const nic = machine.nics[0];
  sink.text(
    `{"AzureAssetSourceSimple":{"assetId":${id},"type":"AZURE","firstDiscovered":"${discovered}","lastUpdated":"${updated}",`,
  );
  sink.text(
    `"name":"${machine.name}","location":"${cloud.region}","vmSize":"${cloud.size}","vmId":"${cloud.instance}",`,
  );
  sink.text(
    `"publisher":"${cloud.image}","offer":"server","osType":"${machine.os.platform}","resourceGroupName":"rg-${cloud.subnet}",`,
  );
  sink.text(
    `"subscriptionId":"${cloud.account}","state":"RUNNING","subnet":"${cloud.subnet}","virtualNetwork":"${cloud.network}",`,
  );
  // Azure's metadata service writes the MAC without separators.
  sink.text(`"macAddress":"${(nic?.mac ?? '').toUpperCase()}","privateIpAddress":"${nic?.addresses[0] ?? ''}",`);
  sink.text(`"publicIpAddress":"${machine.externalIp}","azureVmTags":{"tags":{"list":[]}}}}`);
}

function writeGcp({ machine, cloud, id, discovered, updated }: Seen, sink: Sink): void {
  const nic = machine.nics[0];
  sink.text(
    `{"GcpAssetSourceSimple":{"assetId":${id},"type":"GCP","firstDiscovered":"${discovered}","lastUpdated":"${updated}",`,
  );
  sink.text(
    `"instanceId":"${cloud.instance}","hostname":"${machine.name}${machine.suffix}","machineType":"${cloud.size}",`,
  );
  sink.text(
    `"network":"${cloud.network}","projectIdNo":"${cloud.accountNumber ?? ''}","projectId":"${cloud.account}","zone":"${cloud.zone}",`,
  );
  sink.text(
    `"state":"RUNNING","imageId":"${cloud.image}","macAddress":"${spell(nic?.mac ?? '', ':')}","privateIpAddress":"${nic?.addresses[0] ?? ''}","publicIpAddress":"${machine.externalIp}","gcpInstanceTags":{"tags":{"list":[]}}}}`,
  );
}

/** The `sourceInfo` list: the cloud's own description and, after it, the empty `AssetSource` that Qualys adds. */
export function writeSource(seed: number, machine: Machine, id: number, created: number, sink: Sink): void {
  const { cloud } = machine;
  if (cloud) {
    const seen: Seen = {
      seed,
      machine,
      cloud,
      id,
      discovered: isoSeconds(created),
      updated: isoSeconds(created + 86_400_000),
    };
    if (cloud.provider === 'AWS') writeEc2(seen, created, sink);
    else if (cloud.provider === 'AZURE') writeAzure(seen, sink);
    else writeGcp(seen, sink);
    sink.text(`,`);
  }
  sink.text(`{"AssetSource":{}}`);
}
