import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { Failure } from '../failure.js';
import { suppliersOf } from '../host/provenance.js';
import type { Conflict, HostSource } from '../host/golden.js';
import { openStore, type Store } from '../store/database.js';
import { explainStored } from '../store/explain.js';
import type { ChangeDoc } from '../store/changes.js';
import { findHost, hostOfRecord, type HostDoc } from '../store/hosts.js';
import { ago } from './ago.js';
import { colours as pc } from './colours.js';
import { plain } from './plain.js';

interface Options {
  why?: boolean;
  history?: boolean;
  json?: boolean;
}

export const hostCommand = new Command('host')
  .description('one host: what every tool knows about it, why its records are one, and what has happened to it')
  .argument('<host>', 'a host id (also a former one), a record id (source:native id) or a hostname')
  .option('--why', 'why its records are one host, and what it was kept apart from')
  .option('--history', 'what has happened to it')
  .option('--json', 'print the golden record as one JSON object')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- host web-01 --why\n  npm run rollcall -- host qualys:305003660',
  )
  .action(async (name: string, options: Options) => {
    const store = await openStore(loadConfig().mongodb);
    try {
      const host = await lookUp(store, name);
      const why = options.why ? await explainStored(store, host) : undefined;
      const history = options.history
        ? await store.changes.find({ host: host._id }).sort({ _id: 1 }).toArray()
        : undefined;
      if (options.json) {
        const all = { ...host, ...(why ? { why } : {}), ...(history ? { history } : {}) };
        process.stdout.write(`${JSON.stringify(all)}\n`);
        return;
      }
      const lines = [...describe(host, name)];
      if (why)
        lines.push('', ...(why.length > 0 ? why : ['One record, and nothing else that resembles it.']).map(plain));
      if (history) lines.push('', ...tell(host, history));
      process.stdout.write(`${lines.join('\n')}\n`);
    } finally {
      await store.close();
    }
  });

/** The host that a user means. Throws `Failure` when there is none, or several. */
export async function lookUp(store: Store, name: string): Promise<HostDoc> {
  const found = (await findHost(store, name)) ?? (await hostOfRecord(store, name));
  if (found) return found;
  const named = await store.hosts
    .find({ 'device.hostname': name.toLowerCase() })
    .sort({ last_seen: -1 })
    .limit(10)
    .toArray();
  if (named.length === 1) return named[0]!;
  if (named.length > 1)
    throw new Failure('settings-invalid', `${named.length} hosts are called ${name}`, {
      remedy: `Name one by its id: ${named.map(({ _id, last_seen }) => `${_id} (${ago(last_seen)})`).join(', ')}`,
    });
  throw new Failure('settings-invalid', `There is no host ${name}`, {
    remedy: 'Give a host id, a record id (source:native id) or a full hostname',
  });
}

function* describe(host: HostDoc, asked: string): Iterable<string> {
  const { device } = host;
  yield pc.bold(plain(device.hostname ?? device.name ?? host._id));
  const row = (label: string, text: string) => `  ${label.padEnd(14)}${text}`;
  yield row('id', asked !== host._id && /^h[0-9a-f]{20}$/.test(asked) ? `${host._id} (was ${asked})` : host._id);
  for (const [label, path, value] of fieldsOf(host)) {
    if (value === undefined) continue;
    const others = (host.conflicts ?? []).filter((conflict) => conflict.path === path);
    yield row(label, others.length === 0 ? plain(value) : contradicting(host, path, value, others));
  }
  yield row('seen', `${ago(host.last_seen)}, since ${host.first_seen?.toISOString().slice(0, 10) ?? '?'}`);
  if (host.retired) yield row('retired', 'no source lists it any more');
  yield '';
  yield '  known to';
  for (const { record, gone, last_seen } of host.sources)
    yield `    ${plain(record)}  ${gone ? 'no longer listed' : `seen ${ago(last_seen)}`}`;
}

function fieldsOf({ device, cloud, external_ips: external }: HostDoc): [label: string, path: string, value?: string][] {
  const { hw_info: hardware } = device;
  const field = (label: string, path: string, value: string | undefined): [string, string, string?] =>
    value === undefined ? [label, path] : [label, path, value];
  return [
    field('hostname', 'device.hostname', device.hostname),
    field('domain', 'device.domain', device.domain),
    field('os', 'device.os', device.os?.name),
    field('address', 'device.ip', device.ip),
    field('external', 'external_ips', external.join(', ') || undefined),
    field('mac', 'device.mac', device.mac),
    field('maker', 'device.vendor_name', device.vendor_name),
    field('model', 'device.model', device.model),
    field('serial', 'device.hw_info.serial_number', hardware?.serial_number),
    field('uuid', 'device.hw_info.uuid', hardware?.uuid),
    field('cloud', 'cloud.account', cloud && [cloud.provider, cloud.account?.uid].filter(Boolean).join(' ')),
    field('instance', 'device.instance_uid', device.instance_uid),
  ];
}

/** `"Windows 10" (crowdstrike, 3 min ago) · "Windows 11" (qualys, 40 days ago)`, the surviving value first. */
function contradicting(host: HostDoc, path: string, value: string, others: readonly Conflict[]): string {
  const of = (source: HostSource | undefined) => (source ? ` (${source.source}, ${ago(source.last_seen)})` : '');
  const told = [`"${value}"${of(suppliersOf(host, path)[0])}`];
  for (const other of others)
    told.push(`"${other.value}"${of(host.sources.find(({ record }) => record === other.record))}`);
  return told.map(plain).join(' · ');
}

const KINDS: Record<ChangeDoc['kind'], (change: ChangeDoc) => string> = {
  changed: ({ fields = [] }) => fields.map(changeText).join('; '),
  merged: ({ others = [] }) => `${others.join(', ')} became this host`,
  split: ({ others = [] }) => `came apart: see also ${others.join(', ')}`,
  retired: () => 'no source lists it any more',
  returned: () => 'a source lists it again',
};

function* tell(host: HostDoc, history: readonly ChangeDoc[]): Iterable<string> {
  const line = (at: Date, text: string, run: string) =>
    `  ${at.toISOString().slice(0, 16).replace('T', ' ')}  ${text}  (${run})`;
  yield line(host.created.at, 'first stood', host.created.run);
  for (const change of history) yield line(change.at, plain(KINDS[change.kind](change)), change.run);
}

function changeText(change: NonNullable<ChangeDoc['fields']>[number]): string {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)) ?? 'nothing';
  if (!('added' in change)) return `${change.path}: ${text(change.from)} → ${text(change.to)}`;
  const parts = [
    ...change.added.map((entry) => `+${text(entry)}`),
    ...change.removed.map((entry) => `-${text(entry)}`),
  ];
  return `${change.path}: ${parts.join(' ')}`;
}
