import { stringify } from 'csv-stringify/sync';
import type { HostDoc } from '../store/documents/hosts.js';
import type { Format } from './format.js';

type Value = string | number | boolean | Date | undefined | readonly (string | undefined)[];

/** The columns in order. Add new ones at the end, because scripts read columns by number. */
const COLUMNS: [name: string, valueOf: (host: HostDoc) => Value][] = [
  ['id', (host) => host._id],
  ['hostname', ({ device }) => device.hostname],
  ['name', ({ device }) => device.name],
  ['domain', ({ device }) => device.domain],
  ['type', ({ device }) => device.type],
  ['class', (host) => host.class],
  ['os', ({ device }) => device.os?.name],
  ['os_version', ({ device }) => device.os?.version],
  ['ip', ({ device }) => device.ip],
  ['ips', ({ device }) => unique([device.ip, ...(device.network_interfaces ?? []).map(({ ip }) => ip)])],
  ['mac', ({ device }) => device.mac],
  ['macs', ({ device }) => unique([device.mac, ...(device.network_interfaces ?? []).map(({ mac }) => mac)])],
  ['external_ips', (host) => host.external_ips],
  ['vendor', ({ device }) => device.vendor_name],
  ['model', ({ device }) => device.model],
  ['serial_number', ({ device }) => device.hw_info?.serial_number],
  ['uuid', ({ device }) => device.hw_info?.uuid],
  ['cloud', (host) => host.cloud?.provider],
  ['cloud_account', (host) => host.cloud?.account?.uid],
  ['region', ({ device }) => device.region],
  ['zone', ({ device }) => device.zone],
  ['instance_uid', ({ device }) => device.instance_uid],
  ['owner', ({ device }) => device.owner?.name],
  ['agents', ({ device }) => device.agent_list?.map(({ name, version }) => (version ? `${name} ${version}` : name))],
  ['tags', (host) => host.tags],
  ['status', (host) => host.status],
  ['vulnerabilities', (host) => host.vulnerability_count],
  ['software', (host) => host.software_count],
  ['first_seen', (host) => host.first_seen],
  ['last_seen', (host) => host.last_seen],
  ['retired', (host) => host.retired ?? false],
  ['sources', ({ sources }) => unique(sources.flatMap(({ source, gone }) => (gone ? [] : source)))],
  ['records', ({ sources }) => sources.map(({ record }) => record)],
  ['updated_at', (host) => host.updated_at],
];

const unique = (list: readonly (string | undefined)[]) => [...new Set(list)].filter((entry) => entry !== undefined);

/** RFC 4180, but with LF as line end. Lists are joined by `; `. */
const rows = (table: unknown[][]): string =>
  stringify(table, {
    // Prefixes an apostrophe to values that a spreadsheet would evaluate as a formula: host names are untrusted.
    escape_formulas: true,
    quote_record_delimiter: true,
    cast: { boolean: String, date: (time) => time.toISOString() },
  });

const text = (value: Value) => (Array.isArray(value) ? value.join('; ') : value);

/** One flat row per host. */
export const csv: Format = {
  begin: rows([COLUMNS.map(([name]) => name)]),
  batch: (hosts) => rows(hosts.map((host) => COLUMNS.map(([, valueOf]) => text(valueOf(host))))),
};
