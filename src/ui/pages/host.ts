import { html } from 'hono/html';
import type { HostSource } from '../../host/golden/golden-host.js';
import { suppliersOf } from '../../host/golden/provenance.js';
import type { HostDetails } from '../../search/host-details.js';
import type { HostDoc } from '../../store/documents/hosts.js';
import { counted } from '../../format/number.js';
import { badge, clip, when, type Html } from '../format.js';
import { fieldGroups, type Field } from './host-fields.js';
import { history } from './host-history.js';
import { keys, records } from './host-records.js';
import { hostHref, searchHref } from '../links.js';

/** The page of one host. */
export function hostPage(host: HostDoc, details: HostDetails): Html {
  const { _id, device, first_seen: first, last_seen: last, retired, sources, conflicts = [] } = host;
  return html`
    <p class="crumb"><a href="/">Hosts</a></p>
    <header class="title">
      <h1>${clip(device.hostname ?? device.name ?? device.ip ?? _id)}</h1>
      <p>
        ${retired ? badge('retired') : ''}
        <code>${_id}</code>
        <span>seen ${when(last)}, first ${when(first)}</span>
        <span>known to ${sourceNames(sources).map((name) => html`<span class="chip">${name}</span> `)}</span>
        <a href="${hostHref(_id)}.json">JSON</a>
      </p>
    </header>
    ${
      conflicts.length === 0
        ? ''
        : html`<p class="callout">
            <span aria-hidden="true">≠</span> The sources contradict each other in
            ${counted(new Set(conflicts.map(({ path }) => path)).size, 'field')}: all values are shown below.
          </p>`
    }
    <section aria-labelledby="record">
      <h2 id="record">Golden record</h2>
      <div class="groups">${fieldGroups(host).map((group) => fields(host, group))}</div>
      ${lists(host)}
    </section>
    ${whyOne(host, details)} ${records(host, details)} ${keys(host)} ${history(host, details)}
  `;
}

const sourceNames = (sources: readonly HostSource[]): string[] => [...new Set(sources.map(({ source }) => source))];

function fields(host: HostDoc, { title, fields }: { title: string; fields: Field[] }): Html {
  return html`<div class="group">
    <h3>${title}</h3>
    <dl>
      ${fields.map((field, at) => {
        // Fields with the same path share their provenance.
        const again = field.path === fields[at - 1]?.path;
        return html`<div>
          <dt>${field.label}</dt>
          <dd>
            <span class="${field.mono ? 'mono value' : 'value'}">${clip(field.value)}</span>
            ${again ? '' : provenance(suppliersOf(host, field.path))}
          </dd>
          ${again ? '' : others(host, field.path)}
        </div>`;
      })}
    </dl>
  </div>`;
}

/** The sources that supply a value, and when each last saw the machine. */
const provenance = (suppliers: readonly HostSource[]): Html | '' =>
  suppliers.length === 0
    ? ''
    : html`<span class="from"
        >${suppliers
          .slice(0, 3)
          .map(
            ({ source, last_seen, record }, at) =>
              html`${at > 0 ? ', ' : ''}<span title="${record}">${source}</span> ${when(last_seen)}`,
          )}${suppliers.length > 3 ? ` and ${suppliers.length - 3} more` : ''}</span
      >`;

function others(host: HostDoc, path: string): (Html | '')[] {
  return (host.conflicts ?? [])
    .filter((conflict) => conflict.path === path)
    .map(({ value, record }) => {
      const supplier = host.sources.find((source) => source.record === record);
      return html`<dd class="other"
        ><span aria-hidden="true">≠</span> <span class="unseen">but</span>
        <span class="value">${clip(value)}</span> ${provenance(supplier ? [supplier] : [])}</span
      >`;
    });
}

function lists(host: HostDoc): Html {
  const { network_interfaces: nics = [], agent_list: agents = [], groups = [] } = host.device;
  const chips = (title: string, path: string, values: readonly string[]) =>
    values.length === 0
      ? ''
      : html`<div class="list">
          <h3>${title}</h3>
          <p>${values.slice(0, 100).map((value) => html`<span class="chip">${clip(value, 80)}</span> `)}</p>
          ${provenance(suppliersOf(host, path))}
        </div>`;
  return html`<div class="lists">
    ${
      nics.length === 0
        ? ''
        : html`<div class="list">
            <h3>Interfaces</h3>
            ${scrolling(
              'Interfaces',
              html`<table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Address</th>
                    <th scope="col">MAC</th>
                  </tr>
                </thead>
                <tbody>
                  ${nics.slice(0, 50).map(
                    ({ name, ip, mac }) =>
                      html`<tr>
                        <td>${clip(name ?? '', 60)}</td>
                        <td class="mono">${found(ip)}</td>
                        <td class="mono">${found(mac)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>`,
            )}
            ${provenance(suppliersOf(host, 'device.network_interfaces'))}
          </div>`
    }
    ${
      agents.length === 0
        ? ''
        : html`<div class="list">
            <h3>Agents</h3>
            ${scrolling(
              'Agents',
              html`<table>
                <thead>
                  <tr>
                    <th scope="col">Agent</th>
                    <th scope="col">Version</th>
                    <th scope="col">Id</th>
                  </tr>
                </thead>
                <tbody>
                  ${agents.map(
                    ({ name, version, uid }) =>
                      html`<tr>
                        <td>${clip(name, 60)}</td>
                        <td class="when">${clip(version ?? '', 40)}</td>
                        <td class="mono">${clip(uid ?? '', 60)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>`,
            )}
            ${provenance(suppliersOf(host, 'device.agent_list'))}
          </div>`
    }
    ${chips(
      'Groups',
      'device.groups',
      groups.map(({ name, uid }) => name ?? uid),
    )}
    ${chips('Tags', 'tags', host.tags)}
  </div>`;
}

const found = (value: string | undefined): Html | '' =>
  value === undefined ? '' : html`<a href="${searchHref(value)}">${clip(value, 60)}</a>`;

/** Wraps a table that may be wider than the screen, so that it scrolls by touch and keyboard. */
export const scrolling = (label: string, table: Html): Html =>
  html`<div class="scrolls" role="region" aria-label="${label}: table" tabindex="0">${table}</div>`;

function whyOne(host: HostDoc, { why, apart }: HostDetails): Html {
  const kept = [...new Set(apart.values())].filter((id) => id !== host._id);
  return html`<section aria-labelledby="why">
    <h2 id="why">Why this is one host</h2>
    ${
      why.length === 0
        ? html`<p>One record; no key links it to another record.</p>`
        : html`<ul class="sentences">
            ${why.slice(0, 50).map((sentence) => html`<li>${clip(sentence, 600)}</li>`)}
          </ul>`
    }
    ${
      kept.length === 0
        ? ''
        : html`<p class="hint">
            Kept apart from
            ${kept.slice(0, 20).map((id, at) => html`${at > 0 ? ', ' : ''}<a href="${hostHref(id)}">${id}</a>`)}
          </p>`
    }
  </section>`;
}
