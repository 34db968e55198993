import type { ChangeDoc } from '../../../store/documents/changes.js';
import type { HostDoc } from '../../../store/documents/hosts.js';
import { printable } from '../../../format/printable.js';

const KINDS: Record<ChangeDoc['kind'], (change: Pick<ChangeDoc, 'fields' | 'others'>) => string> = {
  changed: ({ fields = [] }) => fields.map(changeText).join('; '),
  renamed: ({ others = [] }) => `renamed from ${others.join(', ')}`,
  merged: ({ others = [] }) => `${others.join(', ')} became this host`,
  moved: ({ others = [] }) => `took over records of ${others.join(', ')}`,
  split: ({ others = [] }) => `split: see also ${others.join(', ')}`,
  retired: () => 'no source lists it any more',
  returned: () => 'a source lists it again',
};

/** Describes an event. Values from records may hold control characters, which are removed. */
export function happened(change: Pick<ChangeDoc, 'kind' | 'fields' | 'others'>): string {
  return printable(KINDS[change.kind](change));
}

/** The history of one host, from its creation; events of its former ids are marked. */
export function* historyLines(host: HostDoc, history: readonly ChangeDoc[]): Iterable<string> {
  const line = (at: Date, text: string, run: string) =>
    `  ${at.toISOString().slice(0, 16).replace('T', ' ')}  ${text}  (${run})`;
  let hasCreation = false;
  for (const change of history) {
    // Events of a former id may be older than this host's creation.
    if (!hasCreation && change.at >= host.created.at) yield line(host.created.at, 'created', host.created.run);
    hasCreation ||= change.at >= host.created.at;
    const as = change.host === host._id ? '' : ` (as ${change.host})`;
    yield line(change.at, `${happened(change)}${as}`, change.run);
  }
  if (!hasCreation) yield line(host.created.at, 'created', host.created.run);
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
