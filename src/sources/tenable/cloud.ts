import { digits, text } from '../../host/canonical/index.js';
import { rawOf, type Raw } from '../mapping/raw.js';
import { one } from './lists.js';

/** Cloud fields of an asset; only an empty `cloud` if Tenable has no instance id. */
export function cloudOf(raw: Raw) {
  const grouped = rawOf(raw['cloud']);
  const [aws, azure, gcp] = [rawOf(grouped['aws']), rawOf(grouped['azure']), rawOf(grouped['gcp'])];
  const value = (flat: string, group: Raw, name: string): string | undefined => {
    const found = one(raw[flat] ?? group[name]);
    return text(found, 256) ?? digits(found);
  };
  const ec2 = value('aws_ec2_instance_id', aws, 'ec2_instance_id')?.toLowerCase();
  if (ec2 !== undefined) {
    return {
      cloud: { provider: 'aws', account: { uid: value('aws_owner_id', aws, 'owner_id') } },
      instance: ec2,
      region: value('aws_region', aws, 'region'),
      zone: value('aws_availability_zone', aws, 'availability_zone'),
      vpc: value('aws_vpc_id', aws, 'vpc_id'),
      subnet: value('aws_subnet_id', aws, 'subnet_id'),
      image: value('aws_ec2_instance_ami_id', aws, 'ec2_instance_ami_id'),
      state: value('aws_ec2_instance_state_name', aws, 'ec2_instance_state_name'),
    };
  }
  const vm = value('azure_vm_id', azure, 'vm_id')?.toLowerCase();
  // /subscriptions/<id>/resourceGroups/…
  const resource = value('azure_resource_id', azure, 'resource_id');
  if (vm !== undefined) {
    const subscription = resource === undefined ? undefined : /^\/subscriptions\/([^/]+)/i.exec(resource)?.[1];
    return { cloud: { provider: 'azure', account: { uid: subscription?.toLowerCase() } }, instance: vm };
  }
  const instance = value('gcp_instance_id', gcp, 'instance_id');
  if (instance === undefined) return { cloud: { provider: undefined } };
  const zone = value('gcp_zone', gcp, 'zone')?.replace(/^.*\//, '');
  return {
    cloud: { provider: 'gcp', project_uid: value('gcp_project_id', gcp, 'project_id') },
    instance,
    region: zone?.replace(/-[a-z]$/, ''),
    zone,
  };
}
