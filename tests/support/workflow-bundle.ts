import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const WORKFLOWS = resolve(__dirname, '../../src/workflows');

/** Bundles `src/workflows` once for all test files, into `dir`. Returns the bundle's path for `Worker.create({ workflowBundle: { codePath } })`. */
export async function bundleWorkflows(dir: string): Promise<string | undefined> {
  if (!existsSync(join(WORKFLOWS, 'index.ts'))) return undefined;
  // Loaded here only, so that the servers start while it loads.
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('ERROR') });
  const path = join(dir, 'workflow-bundle.js');
  await writeFile(path, code);
  return path;
}
