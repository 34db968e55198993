import { number } from '../../../format/number.js';
import Table from 'cli-table3';
import { ago } from '../../../format/ago.js';
import { colours as pc } from '../../../format/colours.js';
import { printable } from '../../../format/printable.js';
import { colouredStatus } from '../../../format/status-colour.js';
import { duration, minute } from '../../../format/time.js';
import type { RunDoc } from '../../../store/documents/runs.js';
import { lineOf, parkedNotes, wholeLine } from '../../watch/line.js';
import { Paces } from '../../watch/pace.js';
import type { SourceState } from './source-state.js';
import type { Work } from './work.js';

const COLOURS: Partial<Record<SourceState['state'], (text: string) => string>> = {
  fresh: pc.green,
  parked: pc.yellow,
  paused: pc.yellow,
  partial: pc.yellow,
  cancelled: pc.yellow,
  failed: pc.red,
};

/**
 * The state of every source that can be collected, its missing settings, and the sources that are not set up. The lines of a run
 * under way come from `cli/watch/line.ts`, and the table of `status RUN` from `cli/shared/summary.ts`.
 */
export function statesText(states: readonly SourceState[]): string {
  const unset = states.filter(({ state, schedule }) => state === 'unset' && !schedule);
  const shown = states.filter((state) => !unset.includes(state));
  const table = new Table({
    head: ['source', 'state', 'last complete', 'records', 'next run'],
    colAligns: ['left', 'left', 'left', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const state of shown) {
    const { source, last_complete: complete } = state;
    table.push([
      source,
      stateText(state),
      complete ? ago(complete.at) : 'never',
      complete ? number(complete.records) : '',
      nextText(state),
    ]);
  }
  return [
    ...(shown.length > 0 ? [table.toString()] : []),
    ...shown.flatMap((state) => [...needsOf(state)]),
    ...(unset.length > 0 ? [`Not set up: ${unset.map(({ source }) => source).join(', ')}`] : []),
  ].join('\n');
}

function stateText({ state, fresh_until }: SourceState): string {
  const coloured = (COLOURS[state] ?? String)(state);
  if (state !== 'fresh' || !fresh_until) return coloured;
  return `${coloured}, ${Math.ceil((fresh_until.getTime() - Date.now()) / 60_000)} min more`;
}

function nextText({ next_run, schedule }: SourceState): string {
  if (schedule === 'paused') return 'paused';
  return next_run ? minute(next_run) : 'not scheduled';
}

/** Why a source is not complete, and what to do about it. */
function* needsOf({ source, state, parked, last, needs }: SourceState): Iterable<string> {
  if (parked) {
    const { since, ...progress } = parked;
    const [what, ...rest] = parkedNotes({ ...progress, ...(since ? { parkedAt: since.toISOString() } : {}) });
    yield `${source} is ${what}`;
    for (const line of [...rest, `Then: npm run rollcall -- resume ${source}`]) yield `  ${line}`;
    return;
  }
  if (needs) {
    yield `${source} needs ${needs.join(', ')}`;
    return;
  }
  if (state === 'collecting' || state === 'paused' || last?.reason === undefined || last.status === 'fresh') return;
  yield `${source} is ${last.status}: ${printable(last.reason)}`;
  if (last.remedy) yield `  ${printable(last.remedy)}`;
  if (last.unconfirmed)
    yield `  To retire them without another request: npm run rollcall -- runs confirm --source ${source}`;
}

/** The run in one line, without its sources: the table below shows them. */
export function lastText({ _id, status, started_at, ended_at, hosts }: RunDoc): string {
  const took = ended_at ? `, took ${duration(ended_at.getTime() - started_at.getTime())}` : '';
  const found = hosts === undefined ? '' : `, ${number(hosts)} hosts`;
  return `Last run: ${_id} ${colouredStatus(status)}, started ${ago(started_at)}${took}${found}`;
}

/** Names a run whose workflow was terminated. */
export function lostText({ _id, workflow_id }: RunDoc): string {
  return `Run ${_id} has no end, and its workflow ${workflow_id} is not under way any more: it was terminated. Trigger again`;
}

/** What is under way: the runs, and the progress of each source. */
export function* workLines({ runs, views }: Work): Iterable<string> {
  for (const { run, workflowId } of runs) yield `Under way: ${run ? `run ${run}` : workflowId}`;
  const paces = new Paces();
  for (const view of views) {
    const { source, notes, ...line } = lineOf(view, paces.look(view));
    yield `${source}: ${wholeLine(line)}`;
    for (const note of notes) yield `  ${note}`;
  }
}
