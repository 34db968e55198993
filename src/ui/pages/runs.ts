import { html } from 'hono/html';
import type { RunDoc } from '../../store/documents/runs.js';
import type { SourceAccount } from '../../model/run.js';
import type { SourceDoc } from '../../store/documents/sources.js';
import { counted, number } from '../../format/number.js';
import { duration } from '../../format/time.js';
import { badge, clip, exactly, when, type Html } from '../format.js';
import { scrolling } from './host.js';
import { sourceWorkflowId } from '../../model/workflow-ids.js';
import { workflowLink } from '../../temporal/web-ui.js';
import type { UiOptions } from '../options.js';
import { runHref } from '../links.js';

/** Parked sources, sources and the latest runs. */
export function runsPage(
  runs: readonly RunDoc[],
  sources: readonly SourceDoc[],
  temporal: UiOptions['temporal'],
): Html {
  return html`
    <h1>Runs</h1>
    ${parked(sources, temporal)}
    ${
      runs.length === 0
        ? html`<section class="notice">
            <h2>There is no run yet</h2>
            <p>Start one with <code>npm run trigger -- --wait</code>.</p>
          </section>`
        : scrolling(
            'Runs',
            html`<table>
              <thead>
                <tr>
                  <th scope="col">Run</th>
                  <th scope="col">Status</th>
                  <th scope="col">Started</th>
                  <th scope="col">Took</th>
                  <th scope="col">Sources</th>
                  <th scope="col" class="number">Records</th>
                  <th scope="col" class="number">New</th>
                  <th scope="col" class="number">Quarantined</th>
                </tr>
              </thead>
              <tbody>
                ${runs.map(row)}
              </tbody>
            </table>`,
          )
    }
    ${freshness(sources)}
  `;
}

function row({ _id, status, started_at: start, ended_at: end, sources }: RunDoc): Html {
  const accounts = Object.values(sources);
  const sum = (field: 'records' | 'new' | 'quarantined') =>
    number(accounts.reduce((total, account) => total + account[field], 0));
  return html`<tr>
    <td><a class="mono" href="${runHref(_id)}">${_id}</a></td>
    <td>${badge(status)}</td>
    <td class="when">${when(start)}</td>
    <td class="when">${end ? duration(end.getTime() - start.getTime()) : ''}</td>
    <td>${Object.keys(sources).map((name) => html`<span class="chip">${name}</span> `)}</td>
    <td class="number">${sum('records')}</td>
    <td class="number">${sum('new')}</td>
    <td class="number">${sum('quarantined')}</td>
  </tr>`;
}

/** Parked sources: their workflow waits with its cursor. */
function parked(sources: readonly SourceDoc[], temporal: UiOptions['temporal']): (Html | '')[] {
  return sources.map(({ _id: source, parked: waits }) => {
    if (!waits) return '';
    const href = workflowLink(temporal, sourceWorkflowId(temporal.taskQueue, source));
    return html`<section class="callout" aria-label="${source} is parked">
      <p>${badge('parked')} <strong>${source}</strong> since ${when(waits.at)}: ${clip(waits.reason, 400)}</p>
      ${waits.remedy ? html`<p>${clip(waits.remedy, 400)}</p>` : ''}
      <p class="hint">
        It continues from its position after <code>npm run rollcall -- resume ${source}</code>, or when the next run
        collects it.
        <a href="${runHref(waits.run)}">Its run</a>${href ? html` · <a href="${href}">Its workflow</a>` : ''}
      </p>
    </section>`;
  });
}

function freshness(sources: readonly SourceDoc[]): Html | '' {
  const checked = sources.filter(({ last_checked: at }) => at.getTime() > 0);
  if (checked.length === 0) return '';
  return html`<section aria-labelledby="sources">
    <h2 id="sources">Sources</h2>
    ${scrolling(
      'Sources',
      html`<table>
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Last checked</th>
            <th scope="col">Last complete</th>
            <th scope="col" class="number">Records then</th>
          </tr>
        </thead>
        <tbody>
          ${checked.map(
            ({ _id: name, last_checked: checked, last_complete: complete }) =>
              html`<tr>
                <td>${name}</td>
                <td class="when">${when(checked)}</td>
                <td class="when">
                  ${complete ? html`<a href="${runHref(complete.run)}">${when(complete.at)}</a>` : 'never'}
                </td>
                <td class="number">${complete ? number(complete.records) : ''}</td>
              </tr>`,
          )}
        </tbody>
      </table>`,
    )}
  </section>`;
}

/** One run: the outcome of each source, its reason and remedy. */
export function runPage(run: RunDoc, temporal: UiOptions['temporal']): Html {
  const { _id, status, started_at: start, ended_at: end, hosts, workflow_id: workflow, sources } = run;
  const href = workflowLink(temporal, workflow);
  return html`
    <p class="crumb"><a href="/runs">Runs</a></p>
    <header class="title">
      <h1 class="mono">${_id}</h1>
      <p>
        ${badge(status)}
        <span>started ${when(start)} <span class="hint">(${exactly(start)})</span></span>
        ${end ? html`<span>took ${duration(end.getTime() - start.getTime())}</span>` : ''}
        ${hosts === undefined ? '' : html`<span>${counted(hosts, 'live host')} at its end</span>`}
        ${href ? html`<a href="${href}">Temporal Web UI</a>` : ''}
      </p>
    </header>
    ${Object.keys(sources).length === 0 ? html`<p class="hint">No source has been checked yet.</p>` : ''}
    ${Object.entries(sources).map(([name, account]) => source(name, account, temporal))}
  `;
}

const COUNTS = ['pages', 'records', 'new', 'changed', 'unchanged', 'quarantined', 'gone', 'repeated'] as const;

function source(name: string, account: SourceAccount, temporal: UiOptions['temporal']): Html {
  const {
    status,
    reason,
    remedy,
    warnings = [],
    unconfirmed,
    confirmed,
    parked: waits,
    listing,
    started_at: start,
    ended_at: end,
  } = account;
  const href = workflowLink(temporal, sourceWorkflowId(temporal.taskQueue, name));
  return html`<section class="account" aria-labelledby="source-${name}">
    <h2 id="source-${name}">${name} ${badge(status)} ${waits ? badge('parked') : ''}</h2>
    ${reason ? html`<p class="reason">${clip(reason, 600)}</p>` : ''}
    ${remedy ? html`<p><strong>What to do:</strong> ${clip(remedy, 600)}</p>` : ''}
    ${
      waits
        ? html`<p>
            It waits at its cursor. <code>npm run rollcall -- resume ${name}</code>, or the next run, continues it.
          </p>`
        : ''
    }
    ${
      unconfirmed
        ? html`<p>
            ${counted(unconfirmed, 'record')} would be retired and ${unconfirmed === 1 ? 'awaits' : 'await'}
            confirmation: the listing shrank too much at once. To retire them:
            <code>npm run rollcall -- runs confirm --source ${name}</code>
          </p>`
        : ''
    }
    ${confirmed ? html`<p>${confirmed.by} confirmed the retirements ${when(confirmed.at)}.</p>` : ''}
    <dl class="counts">
      ${COUNTS.map(
        (field) =>
          html`<div>
            <dt>${field}</dt>
            <dd>
              ${
                field === 'quarantined' && account.quarantined > 0
                  ? html`<a href="/quarantine">${number(account[field])}</a>`
                  : number(account[field])
              }
            </dd>
          </div>`,
      )}
      ${
        unconfirmed
          ? html`<div>
              <dt>unconfirmed</dt>
              <dd>${number(unconfirmed)}</dd>
            </div>`
          : ''
      }
    </dl>
    ${
      warnings.length === 0
        ? ''
        : html`<ul class="sentences">
            ${warnings.map((warning) => html`<li>${clip(warning, 400)}</li>`)}
          </ul>`
    }
    <p class="hint">
      started ${when(start)}${end ? `, took ${duration(end.getTime() - start.getTime())}` : ''}
      ${listing ? html` · its pages are those of <a href="${runHref(listing)}">${listing}</a>` : ''}
      ${href ? html` · <a href="${href}">its workflow</a>` : ''}
    </p>
  </section>`;
}
