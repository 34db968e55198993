import { once } from 'node:events';
import { Command } from 'commander';
import { loadConfig } from '../config.js';
import { openStore } from '../store/database.js';
import { eventsInOrder } from '../store/events.js';

interface Options {
  source: string;
  category?: string;
  delivered?: boolean;
}

export const eventsCommand = new Command('events')
  .description('write delivered events as JSON lines, in the order of their ids')
  .option('--source <name>', 'the events of this source', 'events')
  .option('--category <name>', 'of this category only')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- events > events.jsonl\n  npm run rollcall -- events --category billing',
  )
  .action(async ({ source, category }: Options) => {
    const store = await openStore(loadConfig().mongodb);
    try {
      for await (const line of eventsInOrder(store, source, category))
        if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    } finally {
      await store.close();
    }
  });
