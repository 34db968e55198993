import { Command } from 'commander';
import { loadConfig } from '../../config.js';
import { datasetOf } from '../../normalize/datasets/index.js';
import { loadSources } from '../../sources/loading/registry.js';
import { openStore } from '../../store/database.js';
import { bindOf } from '../../ui/bind.js';
import { serveUi } from '../../ui/serve.js';
import { prepareSearchIndexes } from '../shared/prepare-search.js';

export const uiCommand = new Command('ui')
  .description('a read-only web page for hosts, runs and quarantine; Ctrl-C ends it')
  .option('--address <host:port>', 'where it is served; ROLLCALL_UI_ADDRESS without it (127.0.0.1:8300)')
  .addHelpText(
    'after',
    `
On any address but loopback it requires ROLLCALL_UI_TOKEN, which visitors must enter.

Examples:
  npm run rollcall -- ui
  npm run rollcall -- ui --address 127.0.0.1:9000
  ROLLCALL_UI_TOKEN=$(openssl rand -hex 24) npm run rollcall -- ui --address 0.0.0.0:8300`,
  )
  .action(async (options: { address?: string }) => {
    const config = loadConfig();
    const { token } = config.ui;
    // Checked before the store is opened, so that the command rejects an invalid address at once.
    const bind = bindOf({ address: options.address ?? config.ui.address, ...(token === undefined ? {} : { token }) });
    const open = sourcesWithoutPersonalData(config.sourceFolders);
    const store = await openStore(config.mongodb, { prepare: false });
    try {
      await prepareSearchIndexes(store);
      const ui = await serveUi(
        {
          store,
          temporal: config.temporal,
          proxies: config.ui.proxies,
          reportDir: config.reportDir,
          mayShow: (source) => open.has(source),
          onError: (error) => process.stderr.write(`Unexpected: ${error instanceof Error ? error.name : 'error'}\n`),
          ...(token === undefined ? {} : { token }),
        },
        bind,
      );
      process.stdout.write(`${ui.url}\n`);
      process.stderr.write(
        `${token === undefined ? 'For this machine only' : 'It requires ROLLCALL_UI_TOKEN'}. Ctrl-C ends it\n`,
      );
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      await ui.close();
    } finally {
      await store.close();
    }
  });

/** An invalid source file hides that source's rows; the page still works. */
function sourcesWithoutPersonalData(folders: readonly string[]): Set<string> {
  const sources = loadSources({ folders, onFault: () => {} }).all();
  return new Set(sources.filter((source) => datasetOf(source).personal.length === 0).map(({ name }) => name));
}
