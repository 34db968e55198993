import { html } from 'hono/html';
import { keyText } from '../../host/identity/wording.js';
import { MOST_RECORDS, type HostDetails } from '../../search/host-details.js';
import { readObservation } from '../../store/stored-observation.js';
import type { HostDoc } from '../../store/documents/hosts.js';
import { counted } from '../../format/number.js';
import { badge, clip, when, type Html } from '../format.js';
import { runHref, searchHref } from '../links.js';

/** The source records of a host: their values, and where they were received. */
export function records(host: HostDoc, details: HostDetails): Html {
  const shown = host.sources.slice(0, MOST_RECORDS);
  return html`<section aria-labelledby="records">
    <h2 id="records">${counted(host.sources.length, 'source record')}</h2>
    ${shown.map(({ record, source, gone, first_seen: first, last_seen: last, supplies }) => {
      const doc = details.records.get(record);
      return html`<details class="record" id="${record}">
        <summary>
          <span class="chip">${source}</span> <span class="mono">${clip(record.slice(source.length + 1), 80)}</span>
          ${gone ? badge('no longer listed') : ''}
          <span class="from">seen ${when(last)}, first ${when(first)}</span>
        </summary>
        <dl class="facts">
          <div>
            <dt>Supplies</dt>
            <dd>
              ${supplies.length === 0 ? 'no value: other records supply all values of the host' : supplies.map(pathText).join(', ')}
            </dd>
          </div>
          ${
            doc
              ? html`<div>
                    <dt>Received</dt>
                    <dd>${when(doc.observed_at)}, page <code>${doc.page}</code>, row ${doc.row}</dd>
                  </div>
                  <div>
                    <dt>Last change in</dt>
                    <dd><a href="${runHref(doc.run)}">${doc.run}</a></dd>
                  </div>
                  <div>
                    <dt>Identity keys</dt>
                    <dd>
                      ${
                        doc.keys.length === 0
                          ? 'none'
                          : doc.keys
                              .map(keyText)
                              .map((text) => clip(text, 120))
                              .join(' · ')
                      }
                    </dd>
                  </div>`
              : ''
          }
        </dl>
        ${
          doc
            ? html`<pre tabindex="0" aria-label="Record ${clip(record, 80)}">
${clip(JSON.stringify(readObservation(doc), null, 2), 20_000)}</pre>`
            : html`<p class="hint">This record is not in the store any more.</p>`
        }
      </details>`;
    })}
    ${
      host.sources.length > shown.length
        ? html`<p class="hint">${host.sources.length - shown.length} more are in the JSON.</p>`
        : ''
    }
  </section>`;
}

const pathText = (path: string): string => (path === '*' ? 'all fields for which no other record is named' : path);

/** The identity keys of its records. */
export function keys(host: HostDoc): Html {
  const findings = new Map((host.findings ?? []).map((finding) => [finding.key, finding]));
  return html`<section aria-labelledby="keys-of">
    <h2 id="keys-of">${counted(host.keys.length, 'identity key')}</h2>
    <ul class="keylist">
      ${host.keys.slice(0, 100).map((key) => {
        const state = findings.get(key)?.state;
        return html`<li>
          <a href="${searchHref(valueOf(key))}">${clip(keyText(key), 160)}</a>
          ${state === 'weak' ? html`<span class="hint">weak: needs a second agreement</span>` : ''}
          ${state === 'suppressed' ? html`<span class="hint">suppressed</span>` : ''}
        </li>`;
      })}
    </ul>
  </section>`;
}

/** The part of a key that a search finds: its value, without kind and scope. */
export function valueOf(key: string): string {
  const [kind = '', scope = '', ...rest] = key.split(':');
  return kind === 'name-ip' ? (rest.at(-1) ?? scope) : rest.join(':') || scope;
}
