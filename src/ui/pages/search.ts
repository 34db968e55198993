import { html } from 'hono/html';
import type { Facets, Overview } from '../../search/overview.js';
import type { HostRow } from '../../search/search.js';
import type { HostQuery } from '../../search/query.js';
import { counted, number } from '../../format/number.js';
import { badge, clip, when, type Html } from '../format.js';
import { hostHref } from '../links.js';
import { addressOf } from '../query.js';

export interface Found {
  hosts: HostRow[];
  after?: string;
}

/** The start page: key figures, search field, filters, hosts. */
export const searchPage = (query: HostQuery, found: Found, facets: Facets, overview: Overview): Html => html`
  <h1 class="unseen">Hosts</h1>
  ${glance(overview)}
  <form id="search" class="search" role="search" action="/" method="get" autocomplete="off">
    <div class="field">
      <label class="unseen" for="q">Search hosts</label>
      <input
        id="q"
        name="q"
        type="search"
        value="${query.text ?? ''}"
        placeholder="Name, IP, MAC, serial or instance id"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        maxlength="200"
        aria-describedby="keys"
      />
      <button type="submit">Search</button>
    </div>
    <p id="keys" class="keys hint">
      <kbd>/</kbd> to search, <kbd>↓</kbd> <kbd>↑</kbd> through the hosts, <kbd>Enter</kbd> opens, <kbd>Esc</kbd> back
    </p>
    ${filters(query, facets)}
  </form>
  <div id="results" aria-live="off">${results(query, found)}</div>
`;

function glance({ hosts, retired, quarantined, sources, lastRun }: Overview): Html {
  const parked = sources.filter((source) => source.parked).map((source) => source.name);
  return html`<dl class="glance">
    <div>
      <dt>Hosts</dt>
      <dd>${number(hosts)}</dd>
    </div>
    <div>
      <dt>Retired</dt>
      <dd><a href="/?retired=1">${number(retired)}</a></dd>
    </div>
    <div>
      <dt>Sources</dt>
      <dd>${number(sources.length)}</dd>
    </div>
    <div>
      <dt>Quarantined</dt>
      <dd><a href="/quarantine">${number(quarantined)}</a></dd>
    </div>
    ${
      lastRun
        ? html`<div>
            <dt>Last run</dt>
            <dd>
              <a href="/runs/${encodeURIComponent(lastRun._id)}">${badge(lastRun.status)}</a>
              ${when(lastRun.started_at)}
            </dd>
          </div>`
        : ''
    }
    ${
      parked.length > 0
        ? html`<div>
            <dt>Parked</dt>
            <dd><a href="/runs">${parked.join(', ')}</a></dd>
          </div>`
        : ''
    }
  </dl>`;
}

const STALE = [7, 14, 30, 60, 90, 180];

function filters(query: HostQuery, facets: Facets): Html {
  const { source, lacks, os, type, provider, staleDays, account, region, status, agent } = query;
  const more = { account, region, status, agent };
  const active = [source, lacks, os, type, provider, staleDays, query.retired, ...Object.values(more)].filter(Boolean);
  return html`<details class="filters" ${active.length > 0 ? html`open` : ''}>
    <summary>Filters${active.length > 0 ? html` <span class="pill">${active.length}</span>` : ''}</summary>
    <div class="grid">
      ${choice('source', 'Known to', source, facets.sources)} ${choice('lacks', 'Unknown to', lacks, facets.sources)}
      ${choice('os', 'Operating system', os, facets.os)} ${choice('type', 'Type', type, facets.types)}
      ${choice('provider', 'Cloud', provider, facets.providers)}
      <label>
        <span>Not seen for</span>
        <select name="stale">
          <option value="">any time</option>
          ${[...new Set([...STALE, ...(staleDays === undefined ? [] : [staleDays])])]
            .toSorted((a, b) => a - b)
            .map(
              (days) =>
                html`<option value="${days}" ${days === staleDays ? html`selected` : ''}>
                  ${counted(days, 'day')}
                </option>`,
            )}
        </select>
      </label>
      ${typed('account', 'Cloud account', account)} ${typed('region', 'Region', region)}
      ${typed('status', 'Status', status)} ${typed('agent', 'Agent', agent)}
      <label class="tick">
        <input type="checkbox" name="retired" value="1" ${query.retired ? html`checked` : ''} />
        <span>Retired: no source lists them any more</span>
      </label>
    </div>
    <p class="apply"><button type="submit" class="quiet">Apply</button> <a href="/" id="clear">Clear</a></p>
  </details>`;
}

function choice(name: string, label: string, chosen: string | undefined, values: readonly string[] | undefined): Html {
  if (values === undefined) return typed(name, label, chosen);
  const all = chosen === undefined || values.includes(chosen) ? values : [chosen, ...values];
  return html`<label>
    <span>${label}</span>
    <select name="${name}">
      <option value="">any</option>
      ${all.map(
        (value) => html`<option value="${value}" ${value === chosen ? html`selected` : ''}>${clip(value, 60)}</option>`,
      )}
    </select>
  </label>`;
}

const typed = (name: string, label: string, value: string | undefined): Html =>
  html`<label
    ><span>${label}</span
    ><input name="${name}" value="${value ?? ''}" maxlength="200" autocomplete="off" spellcheck="false"
  /></label>`;

/** The results. While the user types, the server sends only this part of the page. */
export function results(query: HostQuery, { hosts, after }: Found): Html {
  const more = after === undefined ? '' : ' on this page; the next page has more';
  const summary = hosts.length === 0 ? 'No hosts match' : `${counted(hosts.length, 'host')}${more}`;
  const status = html`<p id="found" class="hint" role="status">${summary}</p>`;
  if (hosts.length === 0) return html`${status}${nothing(query)}`;
  return html`${status}
    <table class="hosts">
      <thead>
        <tr>
          <th scope="col">Host</th>
          <th scope="col">Address</th>
          <th scope="col">Operating system</th>
          <th scope="col">Type</th>
          <th scope="col">Known to</th>
          <th scope="col">Seen</th>
        </tr>
      </thead>
      <tbody>
        ${hosts.map(row)}
      </tbody>
    </table>
    ${
      after === undefined
        ? ''
        : html`<p class="more"><a class="button" rel="next" href="${addressOf('/', query, after)}">Next hosts</a></p>`
    }`;
}

const row = ({ _id, hostname, ip, os, type, provider, sources, last_seen: seen, retired }: HostRow): Html => html`
  <tr>
    <td class="who">
      <a class="name" href="${hostHref(_id)}">${named(hostname ?? ip ?? _id)}</a>
      ${retired ? badge('retired') : ''}
      <span class="phone"
        >${[ip, os, sources.join(', ')]
          .filter((text) => text !== undefined)
          .map((text) => clip(text, 60))
          .join(' · ')}</span
      >
    </td>
    <td class="mono">${ip ?? ''}</td>
    <td>${clip(os ?? '', 80)}</td>
    <td>${[type === 'Unknown' ? undefined : type, provider].filter(Boolean).join(' · ')}</td>
    <td class="when">${sources.map((source) => html`<span class="chip">${source}</span> `)}</td>
    <td class="when">${when(seen)}</td>
  </tr>
`;

/** Highlights the first label, which distinguishes hosts of one domain. */
function named(name: string): Html {
  const dot = /^[\d.:]+$/.test(name) ? -1 : name.indexOf('.');
  return dot < 1
    ? html`${clip(name, 120)}`
    : html`${clip(name.slice(0, dot), 80)}<span class="domain">${clip(name.slice(dot), 120)}</span>`;
}

function nothing({ text, ...filters }: HostQuery): Html {
  if (text === undefined && Object.keys(filters).length === 0)
    return html`<section class="notice">
      <h2>There are no hosts yet</h2>
      <p>Collect some with <code>npm run trigger -- --wait</code>, or try <code>npm run demo</code>.</p>
    </section>`;
  return html`<section class="notice">
    <h2>Nothing found</h2>
    <p>
      A search finds the beginning of a name, an address, a MAC, a serial number or an instance id.
      ${Object.keys(filters).length > 0 ? html`Filters are on: <a href="${addressOf('/', text === undefined ? {} : { text })}">search without them</a>.` : ''}
    </p>
  </section>`;
}
