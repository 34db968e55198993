import { Failure } from '../../model/failure.js';
import type { Store } from '../../store/database.js';
import { listRuns, runsNamed, runsWithPages } from '../../store/collections/runs.js';
import type { RunDoc } from '../../store/documents/runs.js';
import { minute } from '../../format/time.js';

/** Maximum number of matching runs that are read. */
const MOST = 1_000;
const LISTED = 10;

/**
 * Finds the run that the user named, or the latest run if there is no name. Throws `Failure` when no run matches, and when
 * several match.
 */
export async function runOf(store: Store, prefix: string | undefined): Promise<RunDoc> {
  if (prefix) return theOne(prefix, await matching(store, prefix), 'runs');
  const [latest] = await listRuns(store, {}, 1);
  if (latest) return latest;
  throw new Failure('settings-invalid', 'There are no runs yet', { remedy: 'npm run trigger -- --wait makes one' });
}

/**
 * Finds the run that the user named, among the runs with stored pages (of `source`, if given). A replay, and a run that found
 * all sources fresh, have no pages. Throws `Failure` when no run matches, and when several match.
 */
export async function runWithPages(store: Store, prefix: string, source?: string): Promise<RunDoc> {
  const runs = await matching(store, prefix);
  const having = await runsWithPages(store, runs, source);
  if (having.length > 0) return theOne(prefix, having, 'runs with stored pages');
  const of = source === undefined ? '' : ` of ${source}`;
  throw noPages(
    `${runs.length === 1 ? `run ${runs[0]!._id}` : `the ${runs.length} runs that begin with ${prefix}`}${of}`,
  );
}

export function noPages(what: string): Failure {
  return new Failure('settings-invalid', `No stored pages for ${what}`, {
    remedy: 'npm run trigger -- --wait collects some',
  });
}

async function matching(store: Store, prefix: string): Promise<RunDoc[]> {
  const runs = await runsNamed(store, prefix, MOST);
  if (runs.length > 0) return runs;
  throw new Failure('settings-invalid', `There is no run ${prefix}`, {
    remedy: 'npm run rollcall -- runs shows those that there are',
  });
}

function theOne(prefix: string, runs: readonly RunDoc[], what: string): RunDoc {
  if (runs.length === 1) return runs[0]!;
  const listed = runs.slice(0, LISTED).map(({ _id, status, started_at, sources }) => {
    const names = Object.keys(sources).join(', ');
    return `  ${_id}  ${minute(started_at)}  ${status}${names ? `  ${names}` : ''}`;
  });
  const rest =
    runs.length > LISTED ? [`  and ${runs.length - LISTED} earlier ones: npm run rollcall -- runs shows them`] : [];
  throw new Failure('settings-invalid', `${runs.length} ${what} begin with ${prefix}`, {
    remedy: ['Name one of them:', ...listed, ...rest].join('\n'),
  });
}
