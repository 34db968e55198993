import Table from 'cli-table3';
import { ago } from '../../../format/ago.js';
import { colours as pc } from '../../../format/colours.js';
import { plain } from '../../../format/plain.js';
import { minute } from '../../../format/time.js';
import { parkedNotes } from '../../watch/line.js';
import type { SourceState } from './source-state.js';

const COLOURS: Partial<Record<SourceState['state'], (text: string) => string>> = {
  fresh: pc.green,
  parked: pc.yellow,
  paused: pc.yellow,
  partial: pc.yellow,
  cancelled: pc.yellow,
  failed: pc.red,
};

/** The state of every source that can be collected, its missing settings, and the sources that are not set up. */
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
      complete ? complete.records.toLocaleString('en-US') : '',
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
  yield `${source} is ${last.status}: ${plain(last.reason)}`;
  if (last.remedy) yield `  ${plain(last.remedy)}`;
  if (last.held) yield `  To retire them without another request: npm run rollcall -- runs confirm --source ${source}`;
}
