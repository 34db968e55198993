import { once } from 'node:events';
import { Command } from 'commander';
import { loadConfig } from '../../config.js';
import { Failure } from '../../model/failure.js';
import { printable } from '../../format/printable.js';
import { openStore, type Store } from '../../store/database.js';
import type { PageDoc } from '../../store/documents/pages.js';
import { originOf } from '../../store/collections/quarantine.js';
import { eventsInOrder, eventText, traceEvent } from '../../store/collections/events.js';

interface Options {
  source: string;
  category?: string;
  id?: string;
}

export const eventsCommand = new Command('events')
  .description('write delivered events as JSON lines, in the order of their ids')
  .option('--source <name>', 'the events of this source', 'events')
  .option('--category <name>', 'of this category only')
  .option('--id <id>', 'one event: when it was delivered, and where it was read')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- events > events.jsonl\n  npm run rollcall -- events --category billing\n' +
      '  npm run rollcall -- events --id 4711',
  )
  .action(async ({ source, category, id }: Options) => {
    const store = await openStore(loadConfig().mongodb);
    try {
      if (id !== undefined) return await trace(store, source, id);
      for await (const line of eventsInOrder(store, source, category))
        if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    } finally {
      await store.close();
    }
  });

async function trace(store: Store, source: string, id: string): Promise<void> {
  const found = await traceEvent(store, source, id);
  if (!found) {
    const rows = await store.quarantine.countDocuments({ source });
    throw new Failure('settings-invalid', `${source} has delivered no event ${id}`, {
      remedy:
        rows === 0
          ? `No row of ${source} is in quarantine, so the event has not arrived`
          : `${rows} of its rows could not be read: npm run rollcall -- quarantine list --source ${source} --records`,
    });
  }
  const { event, page } = found;
  const { seq, run, row } = event;
  const from = page
    ? `${printable(JSON.stringify(page.cursor))}, received ${page.fetched_at.toISOString()}`
    : 'removed since';
  process.stdout.write(
    `${printable(eventText(event))}\n` +
      `delivered as number ${seq} of ${source}, by run ${run}\n` +
      `${lineOfRow(page, row)}read in row ${row} of page ${event.page}: ${from}\n`,
  );
}

/** The line of a file, if the page comes from a file. */
function lineOfRow(page: PageDoc | undefined, row: number): string {
  const lines = page && originOf(page).lines;
  return lines ? printable(`line ${lines.before + row + 1} of ${lines.file}\n`) : '';
}
