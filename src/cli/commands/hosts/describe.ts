import { explainReason } from '../../../host/identity/explain.js';
import type { Conflict, HostSource } from '../../../host/golden/golden-host.js';
import { suppliersOf } from '../../../host/golden/provenance.js';
import { keyText } from '../../../host/identity/wording.js';
import type { HostDoc } from '../../../store/documents/hosts.js';
import { ago } from '../../../format/ago.js';
import { colours as pc } from '../../../format/colours.js';
import { printable } from '../../../format/printable.js';
import { fieldsOf, type Field } from './fields.js';

/** Describes a golden record: each value with its source and time, the records, and the keys. */
export function* describe(host: HostDoc, name: string): Iterable<string> {
  const { device } = host;
  yield pc.bold(printable(device.hostname ?? device.name ?? host._id));
  const row = (label: string, text: string) => `  ${label.padEnd(17)}${text}`;
  yield row('id', name !== host._id && /^h[0-9a-f]{20}$/.test(name) ? `${host._id} (was ${name})` : host._id);
  for (const field of fieldsOf(host)) yield row(field.label, valueOf(host, field));
  yield row('seen', `${ago(host.last_seen)}, since ${host.first_seen?.toISOString().slice(0, 10) ?? '?'}`);
  if (host.retired) yield row('retired', 'no source lists it any more');
  yield* sourcesOf(host);
  yield* some('recognised by', host.keys.map(keyText), MOST_KEYS);
}

/** The first reasons why the records were joined, and the number of records that were kept apart. */
export function* inShort({
  reasons,
  forbidden_joins: forbidden = [],
  more_forbidden_joins = 0,
}: HostDoc): Iterable<string> {
  yield* some('one host because', reasons.map(explainReason), MOST_REASONS, '--why');
  const apart = forbidden.length + more_forbidden_joins;
  if (apart > 0) yield `  kept apart from ${apart} ${apart === 1 ? 'record' : 'records'} that share a key: --why`;
}

const MOST_KEYS = 12;
const MOST_REASONS = 3;

function* sourcesOf({ sources }: HostDoc): Iterable<string> {
  yield '';
  yield '  known to';
  for (const { record, gone, last_seen } of sources)
    yield `    ${printable(record)}  ${gone ? 'no longer listed' : `seen ${ago(last_seen)}`}`;
}

function* some(title: string, entries: readonly string[], most: number, all = '--json'): Iterable<string> {
  if (entries.length === 0) return;
  yield '';
  yield `  ${title}`;
  for (const entry of entries.slice(0, most)) yield `    ${printable(entry)}`;
  if (entries.length > most) yield `    and ${entries.length - most} more: ${all}`;
}

const from = (source: HostSource) => `${source.source}, ${ago(source.last_seen)}`;

/** `Windows 11  (qualys, 3 min ago)`; a list may have several sources. */
function valueOf(host: HostDoc, field: Field): string {
  const others = (host.conflicts ?? []).filter(({ path }) => path === field.path);
  if (others.length > 0) return contradicting(host, field, others);
  const suppliers = suppliersOf(host, field.path).map(from);
  return `${printable(field.value)}${suppliers.length > 0 ? pc.dim(printable(`  (${suppliers.join('; ')})`)) : ''}`;
}

/** `"Windows 10" (crowdstrike, 3 min ago) · "Windows 11" (qualys, 40 days ago)`, the surviving value first. */
function contradicting(host: HostDoc, { path, value }: Field, others: readonly Conflict[]): string {
  const of = (source: HostSource | undefined) => (source ? ` (${from(source)})` : '');
  const values = [`"${value}"${of(suppliersOf(host, path)[0])}`];
  for (const other of others)
    values.push(`"${other.value}"${of(host.sources.find(({ record }) => record === other.record))}`);
  return values.map(printable).join(' · ');
}
