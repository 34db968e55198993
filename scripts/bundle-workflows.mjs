// Bundles the workflows at build time, so that workers start without bundling and run the workflows of their build.
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { bundleWorkflowCode, DefaultLogger } = require('@temporalio/worker');
const dist = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const { code } = await bundleWorkflowCode({
  workflowsPath: join(dist, 'src', 'workflows'),
  logger: new DefaultLogger('WARN'),
});
await writeFile(join(dist, 'workflow-bundle.js'), code);
