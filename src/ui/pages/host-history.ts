import { html } from 'hono/html';
import { MOST_CHANGES, type HostDetails } from '../../search/host-details.js';
import type { ChangeDoc, FieldChange } from '../../store/documents/changes.js';
import type { HostDoc } from '../../store/documents/hosts.js';
import { clip, exactly, when, type Html } from '../format.js';
import { hostHref, runHref } from '../links.js';

/** The history of a host, the latest first. */
export function history(host: HostDoc, { changes }: HostDetails): Html {
  return html`<section aria-labelledby="history">
    <h2 id="history">History</h2>
    <ol class="history">
      ${changes.map((change) => entry(change.at, change.run, html`${KINDS[change.kind](change)}${as(host, change)}`))}
      ${changes.length === MOST_CHANGES ? html`<li class="hint">Earlier changes: rollcall host ${host._id} --history</li>` : ''}
      ${entry(host.created.at, host.created.run, html`Created`)}
    </ol>
  </section>`;
}

const entry = (at: Date, run: string, what: Html): Html =>
  html`<li>
    <p class="from" title="${exactly(at)}">
      ${when(at)} · ${/^\d{14}-/.test(run) ? html`<a href="${runHref(run)}">${run}</a>` : run}
    </p>
    <div>${what}</div>
  </li>`;

/** Marks an event of a former id. */
const as = (host: HostDoc, change: ChangeDoc): Html | '' =>
  change.host === host._id ? '' : html` <span class="from">as ${change.host}</span>`;

const links = (ids: readonly string[] = []): Html[] =>
  ids.slice(0, 20).map((id, at) => html`${at > 0 ? ', ' : ''}<a href="${hostHref(id)}">${id}</a>`);

const KINDS: Record<ChangeDoc['kind'], (change: ChangeDoc) => Html> = {
  changed: ({ fields = [] }) =>
    html`<ul class="diff">
      ${fields.slice(0, 50).map((field) => html`<li><span class="path">${field.path}</span> ${difference(field)}</li>`)}
    </ul>`,
  renamed: ({ others }) => html`Renamed from ${links(others)}`,
  merged: ({ others }) => html`${links(others)} became this host`,
  moved: ({ others }) => html`Took over records of ${links(others)}`,
  split: ({ others }) => html`Split: see also ${links(others)}`,
  retired: () => html`No source lists it any more`,
  returned: () => html`A source lists it again`,
};

/** The fields of an object without the punctuation of JSON. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value !== 'object') return clip(String(value as string | number | boolean), 300);
  if (value instanceof Date) return exactly(value);
  if (Array.isArray(value)) return clip(value.map(shown).join(', '), 300);
  const fields = Object.entries(value).map(([name, part]) => `${name} ${shown(part)}`);
  return clip(fields.join(', '), 300);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function difference(field: FieldChange): Html {
  if ('added' in field)
    return html`${field.removed.slice(0, 20).map((value) => html`<del>− ${shown(value)}</del> `)}
    ${field.added.slice(0, 20).map((value) => html`<ins>+ ${shown(value)}</ins> `)}`;
  const { from, to } = field;
  if (!isObject(from) || !isObject(to)) return turned(from, to);
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const other = names.filter((name) => shown(from[name]) !== shown(to[name]));
  return html`${other.slice(0, 20).map((name) => html`<span class="part">${name} ${turned(from[name], to[name])}</span> `)}`;
}

const turned = (from: unknown, to: unknown): Html =>
  html`<del>${shown(from)}</del> <span aria-hidden="true">→</span> <span class="unseen">is now</span>
    <ins>${shown(to)}</ins>`;
