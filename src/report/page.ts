import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { ChartResult } from './run-charts.js';
import { SECTIONS, type Scope, type Table } from './chart.js';
import type { Headline } from './headline.js';
import { IN_PAGE, type HostList } from './lists.js';
import type { Format } from './formats.js';
import { STYLE } from './style.js';
import { escaped, type Figure } from './svg.js';
import { counted, number } from '../format/number.js';
import { minute } from './text.js';

export interface PageContent {
  scope: Scope;
  results: readonly ChartResult[];
  headlines: readonly Headline[];
  lists: readonly HostList[];
  figures: ReadonlyMap<string, Figure>;
  formats: readonly Format[];
}

type Markup = ReturnType<typeof html>;

/** Maximum number of rows of a chart's table in the page. */
const MOST_ROWS = 40;

/** Texts of sections without any data. */
const UNUSED: Partial<Record<(typeof SECTIONS)[number], string>> = {
  Logins: 'No login events are stored.',
  Events: 'No events are stored.',
};

const policy = [
  `default-src 'none'`,
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ');

/**
 * Renders the report as one self-contained page: no script, no network, one style whose hash is in its policy. The template
 * escapes all values from MongoDB.
 */
export async function pageOf(content: PageContent): Promise<string> {
  const { scope, results, headlines } = content;
  const sections = SECTIONS.map((name) => ({ name, results: results.filter(({ chart }) => chart.section === name) }));
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="color-scheme" content="light dark" />
        <title>Host inventory, ${scope.asOf.toISOString().slice(0, 10)}</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the charts</a>
        <header>
          <div>
            <p class="brand">Rollcall</p>
            <h1>Host inventory</h1>
            <p class="when">As of <time datetime="${scope.asOf.toISOString()}">${minute(scope.asOf)}</time> UTC</p>
          </div>
          <nav aria-label="Sections">
            ${sections.map(({ name }) => html`<a href="#${name.toLowerCase()}">${name}</a>`)}
          </nav>
        </header>
        <main id="main">
          <ul class="headlines" aria-label="Headline figures">
            ${headlines.map(headlineOf)}
          </ul>
          ${sections.map(({ name, results }) => sectionOf(name, results, content))}
        </main>
        <footer>
          <p>
            Hosts that at least one source lists, unless stated otherwise. Each number comes from the query below its
            chart: run it in mongosh. All times are UTC. <a href="data.json">data.json</a> holds every number.
          </p>
        </footer>
      </body>
    </html> `;
  return `${String(await page).trim()}\n`;
}

function headlineOf({ label, value, note, chart, alert }: Headline): Markup {
  return html`<li class="${alert ? 'alert' : ''}">
    <a href="#${chart}"
      ><span class="label">${label}</span><strong>${number(value)}</strong><span class="note">${note}</span></a
    >
  </li>`;
}

function sectionOf(name: (typeof SECTIONS)[number], results: readonly ChartResult[], content: PageContent): Markup {
  const unused = UNUSED[name];
  const body =
    unused !== undefined && results.every(({ drawn }) => !drawn.drawing)
      ? html`<p class="unused">${unused}</p>`
      : html`<div class="grid ${results.length === 4 ? 'four' : ''}">
            ${results.map((result) => chartOf(result, content))}
          </div>
          ${name === 'Coverage' ? content.lists.map((list) => listOf(list, content)) : ''}`;
  return html`<section id="${name.toLowerCase()}" aria-labelledby="${name.toLowerCase()}-title">
    <h2 id="${name.toLowerCase()}-title">${name}</h2>
    ${body}
  </section>`;
}

function chartOf({ chart, drawn, queries }: ChartResult, { figures, formats }: PageContent): Markup {
  const figure = figures.get(chart.name);
  const files = (['svg', 'png', 'csv'] as const).filter((format) => formats.includes(format));
  if (!figure)
    return html`<article id="${chart.name}" class="empty">
      <h3>${chart.title}</h3>
      <p class="question">${chart.question}</p>
      <p class="nothing">${chart.empty}</p>
      ${queriesOf(queries)}
    </article>`;
  return html`<article id="${chart.name}">
    <h3>${chart.title}</h3>
    <p class="question">${chart.question}</p>
    <figure>
      ${raw(figure.inline.replace('AROUND', `aria-label="${escaped(`${chart.title}: ${drawn.summary}`)}"`))}
      <figcaption>${drawn.summary}</figcaption>
    </figure>
    <details>
      <summary>Numbers</summary>
      ${tableOf(drawn.table, chart.title, MOST_ROWS)}
      <p class="files">
        ${files.map((format) => html`<a href="charts/${chart.name}.${format}">${format.toUpperCase()}</a> `)}
      </p>
    </details>
    ${queriesOf(queries)}
  </article>`;
}

function queriesOf(queries: Record<string, string>): Markup {
  return html`<details>
    <summary>Query</summary>
    ${Object.entries(queries).map(
      ([name, query]) =>
        html`<p class="of">${name}</p>
          <pre tabindex="0" aria-label="Query for ${name}"><code>${query}</code></pre>`,
    )}
  </details>`;
}

function listOf({ name, title, total, table, query }: HostList, { formats }: PageContent): Markup {
  const file = formats.includes('csv') ? html` All of them: <a href="${name}.csv">${name}.csv</a>.` : '';
  const shown = Math.min(total, IN_PAGE);
  return html`<details class="list" id="${name}">
    <summary>${title}: ${number(total)}</summary>
    ${
      total === 0
        ? html`<p class="nothing">None</p>`
        : html`<p class="note">${shown < total ? `The first ${shown} of ${number(total)}.` : ''}${file}</p>
            ${tableOf(table, title, IN_PAGE)}`
    }
    ${queriesOf({ hosts: query })}
  </details>`;
}

function tableOf({ head, rows }: Table, name: string, most: number): Markup {
  const numeric = head.map((_, at) => rows.some((row) => typeof row[at] === 'number'));
  const left = rows.length - most;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Table: ${name}">
      <table>
        <thead>
          <tr>
            ${head.map((cell, at) => html`<th scope="col" class="${numeric[at] ? 'number' : ''}">${cell}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, most).map(
            (row) =>
              html`<tr>
                ${row.map((cell, at) => html`<td class="${numeric[at] ? 'number' : ''}">${typeof cell === 'number' ? figureText(cell) : cell}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${left > 0 ? html`<p class="note">${counted(left, 'more row')} in the CSV file and in data.json.</p>` : ''}`;
}

const figureText = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
