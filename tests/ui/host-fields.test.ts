import type { HostDoc } from '../../src/store/documents/hosts.js';
import { fieldGroups } from '../../src/ui/pages/host-fields.js';

test('a field of the golden record that no group names is still shown', () => {
  const device = {
    type_id: 1,
    type: 'Server',
    hostname: 'web-01',
    firmware_ver: '1.2',
    has_tpm: true,
    last_seen_time: new Date(),
  };
  const groups = fieldGroups({ class: 'machine', device, external_ips: [], tags: [] } as unknown as HostDoc);
  expect(groups.map(({ title }) => title)).toEqual(['Identity', 'Other']);
  expect(groups[1]!.fields).toEqual([
    { label: 'Firmware ver', path: 'device.firmware_ver', value: '1.2' },
    { label: 'Has tpm', path: 'device.has_tpm', value: 'yes' },
  ]);
});
