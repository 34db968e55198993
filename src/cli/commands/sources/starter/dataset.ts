import type { DatasetName } from '../../../../model/source.js';

/** The records of a new source: the mapping of one, and two made-up examples. */
interface DatasetPart {
  /** Imported names by module path below `src`. */
  imports: Record<string, string[]>;
  listing: string[];
  /** Body of `map` after the id is read; `record` is the raw record, `id` its id. */
  map: string[];
  fixture: [Record<string, unknown>, Record<string, unknown>];
  /** Lines of the test about `records`, which are read from the fixture. */
  asserts: string[];
}

export const DATASET_PARTS: Record<DatasetName, DatasetPart> = {
  hosts: {
    imports: {
      'host/canonical/index': ['hostname', 'ip', 'mac', 'serialNumber', 'text', 'time'],
      'host/observation': ['observation'],
      'host/canonical/os': ['parseOs'],
    },
    listing: [
      `listing: 'incremental', // 'full' once a complete listing surely contains every host: records that it lacks are then retired`,
    ],
    map: [
      `const os = [text(record['os']), text(record['os_version'])].filter(Boolean).join(' ');`,
      'return {',
      '  id,',
      '  observation: observation({',
      `    class: 'machine',`,
      '    device: {',
      `      hostname: hostname(record['hostname']),`,
      '      os: os ? parseOs(os) : undefined,',
      `      hw_info: { serial_number: serialNumber(record['serial']) },`,
      `      network_interfaces: [{ mac: mac(record['mac']), ip: ip(record['ip']) }],`,
      `      first_seen_time: time(record['created']),`,
      `      last_seen_time: time(record['last_seen']),`,
      '    },',
      '  }),',
      '};',
    ],
    fixture: [
      {
        id: 'h-1001',
        hostname: 'build-01.example.com',
        os: 'Ubuntu',
        os_version: '24.04',
        serial: 'C02F60U4Q05N',
        mac: '00:50:56:8a:11:22',
        ip: '10.20.0.11',
        created: '2026-01-12T08:30:00Z',
        last_seen: '2026-03-01T10:15:00Z',
      },
      {
        id: 'h-1002',
        hostname: 'desk-17.example.com',
        os: 'Windows 11',
        os_version: '23H2',
        serial: 'PF3QK7ZX',
        mac: '00:50:56:8a:33:44',
        ip: '10.20.0.57',
        created: '2026-02-03T13:05:00Z',
        last_seen: '2026-03-01T09:58:00Z',
      },
    ],
    asserts: [
      `assert.equal(records[0].observation.device.hostname, 'build-01.example.com');`,
      '// What it is recognised by: the same serial at another source makes them one host.',
      `assert.ok(records[0].keys.includes('serial::C02F60U4Q05N'), records[0].keys.join(' '));`,
    ],
  },
  logins: {
    imports: { 'host/canonical/index': ['ip', 'text', 'time'] },
    listing: [`listing: 'append', // records never change`],
    map: [
      `const address = ip(record['ip']);`,
      `const at = time(record['at']);`,
      'const need = (field: string) => {',
      '  const value = text(record[field]);',
      '  if (value === undefined) throw new RecordRejected(`${field} is missing`, id);',
      '  return value;',
      '};',
      `if (address === undefined) throw new RecordRejected('ip is missing', id);`,
      `if (at === undefined) throw new RecordRejected('at is missing', id);`,
      'return {',
      '  id,',
      '  // ip and device_id are masked before anything is stored.',
      '  observation: {',
      `    user_id: need('user'),`,
      `    device_type: need('device_type'),`,
      '    ip: address,',
      `    device_id: need('device_id'),`,
      `    locale: text(record['locale']) ?? null,`,
      `    app_version: need('app_version'),`,
      '    create_date: at,',
      '  },',
      '};',
    ],
    fixture: [
      {
        id: 'l-1001',
        user: 'u-42',
        device_type: 'android',
        ip: '192.0.2.17',
        device_id: 'made-up-device-1',
        locale: 'de',
        app_version: '2.3.0',
        at: '2026-03-01T10:15:00Z',
      },
      {
        id: 'l-1002',
        user: 'u-43',
        device_type: 'ios',
        ip: '2001:db8::17',
        device_id: 'made-up-device-2',
        locale: null,
        app_version: '2.4.1',
        at: '2026-03-01T10:16:30Z',
      },
    ],
    asserts: [`assert.equal(records[0].observation.user_id, 'u-42');`],
  },
  events: {
    imports: { 'host/canonical/index': ['text'] },
    listing: [`listing: 'append', // each id counts once, however often it is listed`],
    map: [
      `const category = text(record['category']);`,
      `const { value } = record;`,
      `if (category === undefined) throw new RecordRejected('category is missing', id);`,
      `if (typeof value !== 'number') throw new RecordRejected('value is not a number', id);`,
      'return { id, observation: { id, category, value } };',
    ],
    fixture: [
      { id: 'e-1001', category: 'billing', value: 12.5 },
      { id: 'e-1002', category: 'support', value: 3 },
    ],
    asserts: [`assert.deepEqual(records[0].observation, { id: 'e-1001', category: 'billing', value: 12.5 });`],
  },
};
