import { FORMATS, type Format } from './formats.js';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Store } from '../store/database.js';
import { runCharts, type ChartResult } from './run-charts.js';
import { coverage, expectedAgents, type CoverageRows } from './charts/coverage.js';
import { csvOfTable } from './csv.js';
import { replaceFolder } from './folder.js';
import { headlinesOf, type Headline } from './headline.js';
import { writeLists, type HostList } from './lists.js';
import { pageOf } from './page.js';
import { findFonts, pngOf } from './png.js';
import type { Scope } from './chart.js';
import { inSnapshot } from '../store/snapshot.js';
import { figureOf, type Figure } from './svg.js';
import { PRIVATE, PRIVATE_FOLDER } from '../system/private-files.js';

export interface ReportOptions {
  /** The folder of all reports; each report gets a subfolder named by its day. */
  dir: string;
  /** The time of the report, to which ages are relative; default: now. */
  asOf?: Date;
  /** The report's day, `2026-03-02`, if it differs from that of `asOf` in `timezone`. */
  day?: string;
  /** Time zone of the folder's name; default: UTC. Times in the report are UTC. */
  timezone?: string;
  /** Hosts not seen for this many days are old, and hosts first seen within them new; default: 30. */
  days?: number;
  /** Default: all. data.json is always written. */
  formats?: readonly Format[];
  /** Aborts between two queries or two files. */
  signal?: AbortSignal;
}

export interface WrittenReport {
  /** Absolute path of the folder. */
  dir: string;
  /** Paths below it, sorted. */
  files: string[];
  seconds: number;
  /** The numbers at the top of the page. */
  headlines: Headline[];
  /** Problems, a sentence each. */
  notes: string[];
}

interface Content {
  scope: Scope;
  results: ChartResult[];
  headlines: Headline[];
  lists: HostList[];
  figures: Map<string, Figure>;
}

/**
 * Writes a report of the store: a page, its charts, lists of hosts and all numbers. It replaces a report of the same day as a
 * whole. The memory use depends on the charts' numbers, and not on the number of hosts.
 */
export async function writeReport(store: Store, options: ReportOptions): Promise<WrittenReport> {
  const began = performance.now();
  const { asOf = new Date(), days = 30, formats = FORMATS, timezone = 'UTC', signal } = options;
  const target = resolve(options.dir, options.day ?? dayIn(asOf, timezone));
  const notes: string[] = [];
  const { files, headlines } = await replaceFolder(target, async (folder) => {
    const content = await inSnapshot(store, async (snapshot): Promise<Content> => {
      const reader = { store, snapshot };
      const { scope, results } = await runCharts(reader, { asOf, days }, signal);
      const cells = results.find(({ chart }) => chart === coverage)?.rows['agentCells'] as CoverageRows['agentCells'][];
      const lists = await writeLists(
        reader,
        scope,
        expectedAgents(cells),
        formats.includes('csv') ? folder : undefined,
      );
      return { scope, results, lists, headlines: headlinesOf(results, scope), figures: new Map() };
    });
    await writeCharts(folder, content, formats, notes, signal);
    if (formats.includes('html'))
      await writeFile(join(folder, 'index.html'), await pageOf({ ...content, formats }), PRIVATE);
    await writeFile(join(folder, 'data.json'), dataOf(content), PRIVATE);
    return { files: await filesIn(folder), headlines: content.headlines };
  });
  return { dir: target, files, seconds: (performance.now() - began) / 1000, headlines, notes };
}

/** `2026-03-02` */
const dayIn = (time: Date, timeZone: string) =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(time);

async function writeCharts(
  folder: string,
  { results, figures }: Content,
  formats: readonly Format[],
  notes: string[],
  signal?: AbortSignal,
): Promise<void> {
  const fonts = formats.includes('png') ? findFonts() : undefined;
  if (formats.includes('png') && !fonts)
    notes.push('No PNG was written: this machine has no suitable font; install fonts-dejavu-core');
  const charts = join(folder, 'charts');
  if (formats.some((format) => format !== 'html')) await mkdir(charts, { mode: PRIVATE_FOLDER });
  for (const { chart, drawn } of results) {
    signal?.throwIfAborted();
    if (formats.includes('csv') && drawn.table.rows.length > 0)
      await writeFile(join(charts, `${chart.name}.csv`), csvOfTable(drawn.table), PRIVATE);
    if (!drawn.drawing) continue;
    const figure = await figureOf(drawn.drawing, chart.title);
    figures.set(chart.name, figure);
    if (formats.includes('svg')) await writeFile(join(charts, `${chart.name}.svg`), figure.file, PRIVATE);
    if (fonts) await writeFile(join(charts, `${chart.name}.png`), await pngOf(figure.file, fonts), PRIVATE);
  }
}

/** All numbers with their queries, as JSON without `<`, because some programs look for markup in any file. */
function dataOf({ scope, results, headlines, lists }: Content): string {
  const data = {
    as_of: scope.asOf,
    days: scope.days,
    hosts: scope.hosts,
    headlines: headlines.map(({ label, value, chart }) => ({ label, value, chart })),
    charts: Object.fromEntries(
      results.map(({ chart, drawn, queries }) => [
        chart.name,
        { title: chart.title, question: chart.question, figures: drawn.figures, table: drawn.table, queries },
      ]),
    ),
    lists: Object.fromEntries(lists.map(({ name, total, query }) => [name, { hosts: total, query }])),
  };
  return `${JSON.stringify(data, null, 1).replaceAll('<', '\\u003c')}\n`;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();
}
