import type { Context, Hono } from 'hono';
import { hostDetails } from '../search/host-details.js';
import { findHost, hostOfRecord } from '../store/collections/hosts.js';
import { facetsOf, overviewOf } from '../search/overview.js';
import { groupQuarantined, quarantineRows } from '../quarantine/groups.js';
import { listRuns } from '../store/collections/runs.js';
import { searchHosts } from '../search/search.js';
import type { UiOptions } from './options.js';
import { hostPage } from './pages/host.js';
import { hostHref } from './links.js';
import { fragment, page, type Variables } from './pages/page.js';
import { quarantinePage, quarantineRowPage, quarantineRowsPage } from './pages/quarantine.js';
import { queryOf } from './query.js';
import { rawOf } from './pages/raw.js';
import { errorResponse } from './sign-in/error-response.js';
import { cached } from './ttl-cache.js';
import { reportDays, reportFile, reportsPage } from './pages/reports.js';
import { runPage, runsPage } from './pages/runs.js';
import { results, searchPage, type Found } from './pages/search.js';

const HOSTS = 50;
const ROWS = 50;
const RUNS = 100;
const MOST_HOSTS = 500;

type App = Hono<{ Variables: Variables }>;

/** Adds all pages. */
export function addRoutes(app: App, options: UiOptions): void {
  addSearch(app, options);
  addHosts(app, options);
  addRuns(app, options);
  addQuarantine(app, options);
  addReports(app, options);
}

function addSearch(app: App, { store }: UiOptions): void {
  const overview = cached(() => overviewOf(store), 5_000);
  const facets = cached(() => facetsOf(store), 300_000);
  const parameters = (c: Context) => new URL(c.req.url).searchParams;
  const found = async (c: Context, limit = HOSTS): Promise<Found> => {
    const after = parameters(c).get('after');
    return searchHosts(store, queryOf(parameters(c)), { limit, ...(after === null || after === '' ? {} : { after }) });
  };
  app.get('/', async (c) => {
    const query = queryOf(parameters(c));
    const [hosts, values, figures] = await Promise.all([found(c), facets(), overview()]);
    const title = query.text === undefined ? 'Hosts' : query.text;
    return page(c, { title, body: searchPage(query, hosts, values, figures), at: '/' });
  });
  // The search script requests this while the user types.
  app.get('/results', async (c) => fragment(c, results(queryOf(parameters(c)), await found(c))));
  app.get('/api/hosts', async (c) => {
    const limit = Number(c.req.query('limit') ?? HOSTS);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_HOSTS)
      return errorResponse(c, 400, `limit is a number from 1 to ${MOST_HOSTS}`);
    return c.json(await found(c, limit));
  });
}

function addHosts(app: App, { store }: UiOptions): void {
  app.get('/hosts/:id', async (c) => {
    const name = c.req.param('id');
    const json = name.endsWith('.json');
    const id = json ? name.slice(0, -'.json'.length) : name;
    const host = (await findHost(store, id)) ?? (await hostOfRecord(store, id));
    if (!host) return errorResponse(c, 404, 'There is no such host', 'The id may be wrong, or its records were erased');
    if (host._id !== id) return c.redirect(`${hostHref(host._id)}${json ? '.json' : ''}`, 302);
    const details = await hostDetails(store, host);
    if (json) return c.json({ ...host, why: details.why, history: details.changes });
    const title = host.device.hostname ?? host.device.name ?? host._id;
    return page(c, { title: title.slice(0, 100), body: hostPage(host, details), at: '/' });
  });
}

function addRuns(app: App, { store, temporal }: UiOptions): void {
  app.get('/runs', async (c) => {
    const [runs, sources] = await Promise.all([
      listRuns(store, {}, RUNS),
      store.sources.find().sort({ _id: 1 }).toArray(),
    ]);
    return page(c, { title: 'Runs', body: runsPage(runs, sources, temporal), at: '/runs' });
  });
  app.get('/runs/:id', async (c) => {
    const run = await store.runs.findOne({ _id: c.req.param('id') });
    if (!run) return errorResponse(c, 404, 'There is no such run');
    return page(c, { title: run._id, body: runPage(run, temporal), at: '/runs' });
  });
}

function addQuarantine(app: App, { store, mayShow }: UiOptions): void {
  const groups = cached(() => groupQuarantined(store, {}), 5_000);
  app.get('/quarantine', async (c) =>
    page(c, { title: 'Quarantine', body: quarantinePage(await groups()), at: '/quarantine' }),
  );
  app.get('/quarantine/rows', async (c) => {
    const { source = '', reason = '', after } = c.req.query();
    const group = { source, reason };
    const rows = await quarantineRows(store, group, { limit: ROWS, ...(after === undefined ? {} : { after }) });
    const body = quarantineRowsPage(group, rows, rows.length === ROWS);
    return page(c, { title: 'Quarantine', body, at: '/quarantine' });
  });
  app.get('/quarantine/row', async (c) => {
    const row = await store.quarantine.findOne({ _id: c.req.query('id') ?? '' });
    if (!row) return errorResponse(c, 404, 'This is not in quarantine', 'It may have left quarantine in the meantime');
    const body = quarantineRowPage(row, await rawOf(store, row, mayShow));
    return page(c, { title: 'Quarantine', body, at: '/quarantine' });
  });
}

function addReports(app: App, { reportDir }: UiOptions): void {
  app.get('/reports', async (c) =>
    page(c, { title: 'Reports', body: reportsPage(await reportDays(reportDir)), at: '/reports' }),
  );
  app.get('/reports/latest', async (c) => {
    const [newest] = await reportDays(reportDir);
    return newest === undefined ? c.redirect('/reports', 302) : c.redirect(`/reports/${newest}/`, 302);
  });
  app.get('/reports/:day{\\d{4}-\\d{2}-\\d{2}}', (c) => c.redirect(`/reports/${c.req.param('day')}/`, 302));
  app.get('/reports/*', async (c) => {
    const file = await reportFile(c, reportDir, c.req.path.slice('/reports/'.length));
    return file ?? errorResponse(c, 404, 'There is no such report');
  });
}
