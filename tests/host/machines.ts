import * as fc from 'fast-check';
import { record } from './records.js';

const maybe = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const times = fc.tuple(fc.nat(60), fc.nat(60)).map(([first, days]): [number, number] => [first, first + days]);

/** Each field has few values, so that records have equal values in every combination. */
export const machine = fc.record({
  vendor: fc.constantFrom('qualys', 'crowdstrike', 'tenable'),
  class: fc.constantFrom('machine' as const, 'machine' as const, 'machine' as const, 'pod' as const),
  hostname: maybe(
    'web-01',
    'web-02.example.com',
    'web-01.example.com',
    'macbook-pro',
    'accounting-print-3',
    'accounting-prin',
  ),
  domain: maybe('example.com', 'other.example.org'),
  ip: maybe('10.0.0.1', '10.0.0.2'),
  instance_uid: maybe('i-0aaaaaaaaaaaaaaaa', 'i-0bbbbbbbbbbbbbbbb'),
  serial_number: maybe('SERIAL0001', 'SERIAL0002', 'SERIAL0003'),
  uuid: maybe(
    '564da6d2-1706-6343-8cbe-1f2d9a3b4c5d',
    '9f0ab41c-7d2e-4f63-88aa-0b1c2d3e4f50',
    '11111111-2222-4f63-88aa-0b1c2d3e4f50',
  ),
  macs: fc.subarray(['00:50:56:8a:00:01', '00:50:56:8a:00:02', '00:50:56:8a:00:03']),
  agent: maybe('1ecc8a88-5912-4058-b731-94a04a48db11', '2ecc8a88-5912-4058-b731-94a04a48db11'),
  os: maybe({ name: 'Windows 11', type_id: 100 }, { name: 'Ubuntu Linux', type_id: 200 }),
  vendor_name: maybe('Dell Inc.', 'LENOVO'),
  activeDays: fc.option(times, { nil: undefined }),
});
export type Machine = typeof machine extends fc.Arbitrary<infer T> ? T : never;

/** The record of the machine with number `at`. */
export const made = (given: Machine, at: number) => {
  const { vendor, serial_number, uuid, macs, agent, activeDays, ...rest } = given;
  return record(`${vendor}:${at}`, {
    ...rest,
    hw_info: { serial_number, uuid },
    network_interfaces: macs.map((mac) => ({ mac })),
    agent_list: agent === undefined ? [] : [{ type_id: 1, name: 'Agent', vendor_name: vendor, uid: agent }],
    ...(activeDays ? { activeDays } : {}),
  });
};
