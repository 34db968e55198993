import { html } from 'hono/html';
import { lineOf, rowId } from '../../store/collections/quarantine.js';
import type { QuarantineDoc } from '../../store/documents/quarantine.js';
import type { QuarantineGroup } from '../../quarantine/groups.js';
import { counted, number } from '../../format/number.js';
import { clip, when, type Html } from '../format.js';
import { scrolling } from './host.js';
import { runHref } from '../links.js';

const groupHref = (group: { source: string; reason: string }, after?: string): string =>
  `/quarantine/rows?${new URLSearchParams({ source: group.source, reason: group.reason, ...(after === undefined ? {} : { after }) }).toString()}`;
const rowHref = (id: string): string => `/quarantine/row?id=${encodeURIComponent(id)}`;

/** A record's own id, or the line of its file, or its position in a page. */
const nameOf = (row: QuarantineDoc): string =>
  row._id === rowId(row.page, row.row) ? (lineOf(row) ?? row._id) : row._id;

const MOST_GROUPS = 300;

/** Groups of quarantined rows, by source and reason. */
export function quarantinePage(groups: readonly QuarantineGroup[]): Html {
  const rows = groups.reduce((sum, group) => sum + group.records, 0);
  if (groups.length === 0)
    return html`<h1>Quarantine</h1>
      <section class="notice">
        <h2>Nothing is in quarantine</h2>
        <p>Every received record could be read.</p>
      </section>`;
  return html`
    <h1>Quarantine</h1>
    <p class="lead">
      ${counted(rows, 'record')} could not be read, for ${counted(groups.length, 'reason')}. They are stored as
      received: once their source is corrected, <code>npm run rollcall -- quarantine retry</code> reads them again, and
      what can then be read leaves quarantine by itself.
    </p>
    ${scrolling(
      'Reasons',
      html`<table>
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Source</th>
            <th scope="col" class="number">Records</th>
            <th scope="col">First</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          ${groups.slice(0, MOST_GROUPS).map(
            (group) =>
              html`<tr>
                <td><a href="${groupHref(group)}">${clip(group.reason, 200)}</a></td>
                <td><span class="chip">${group.source}</span></td>
                <td class="number">${number(group.records)}</td>
                <td class="when">${when(group.first_at)}</td>
                <td class="when">${when(group.last_at)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}
  `;
}

/** The records of one reason. */
export function quarantineRowsPage(
  group: { source: string; reason: string },
  rows: readonly QuarantineDoc[],
  more: boolean,
): Html {
  return html`
    <p class="crumb"><a href="/quarantine">Quarantine</a></p>
    <header class="title">
      <h1>${clip(group.reason, 300)}</h1>
      <p><span class="chip">${group.source}</span></p>
    </header>
    ${
      rows.length === 0
        ? html`<p class="hint">No rows have this reason any more.</p>`
        : scrolling(
            'Records',
            html`<table>
              <thead>
                <tr>
                  <th scope="col">Record</th>
                  <th scope="col">Run</th>
                  <th scope="col">First</th>
                  <th scope="col">Last</th>
                </tr>
              </thead>
              <tbody>
                ${rows.map(
                  (row) =>
                    html`<tr>
                      <td><a class="mono" href="${rowHref(row._id)}">${clip(nameOf(row), 100)}</a></td>
                      <td><a class="mono" href="${runHref(row.run)}">${row.run}</a></td>
                      <td class="when">${when(row.first_at)}</td>
                      <td class="when">${when(row.last_at)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>`,
          )
    }
    ${
      more && rows.length > 0
        ? html`<p class="more">
            <a class="button" rel="next" href="${groupHref(group, rows.at(-1)!._id)}">Next records</a>
          </p>`
        : ''
    }
  `;
}

/** How a raw row is shown. */
export type Raw = { text: string; bytes: number } | { hidden: string };

/** The page of one quarantined row. */
export const quarantineRowPage = (row: QuarantineDoc, raw: Raw): Html => html`
  <p class="crumb"><a href="/quarantine">Quarantine</a> / <a href="${groupHref(row)}">${clip(row.reason, 80)}</a></p>
  <header class="title">
    <h1 class="mono">${clip(row._id, 200)}</h1>
    <p><span class="chip">${row.source}</span></p>
  </header>
  <dl class="facts">
    <div>
      <dt>Reason</dt>
      <dd>${clip(row.reason, 600)}</dd>
    </div>
    <div>
      <dt>Seen</dt>
      <dd>
        first ${when(row.first_at)}, last
        ${when(row.last_at)}${row.count && row.count > 1 ? `, on ${number(row.count)} pages` : ''}
      </dd>
    </div>
    <div>
      <dt>Run</dt>
      <dd><a href="${runHref(row.run)}">${row.run}</a></dd>
    </div>
    <div>
      <dt>Raw</dt>
      <dd>
        ${lineOf(row) === undefined ? '' : `${clip(lineOf(row)!, 300)}: `}page <code>${row.page}</code>, row ${row.row},
        ${number(row.length)} bytes from ${number(row.offset)}
      </dd>
    </div>
  </dl>
  <section aria-labelledby="raw">
    <h2 id="raw">As it was received</h2>
    ${
      'hidden' in raw
        ? html`<p class="hint">${raw.hidden}</p>`
        : html`<pre tabindex="0" aria-label="Raw record">${raw.text}</pre>
            ${raw.bytes < row.length ? html`<p class="hint">The first ${number(raw.bytes)} of ${number(row.length)} bytes.</p>` : ''}`
    }
  </section>
`;
