import { existsSync, readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const SOURCES = join(ROOT, 'src');
const WORKFLOWS = join(SOURCES, 'workflows');
const BUILT = join(ROOT, 'dist/workflow-bundle.js');

/**
 * The workflow bundle for all test files: the one that `npm test` has built, or a new one in `dir` when a source is
 * newer than it. Returns its path for `Worker.create({ workflowBundle: { codePath } })`.
 */
export async function bundleWorkflows(dir: string): Promise<string | undefined> {
  if (!existsSync(join(WORKFLOWS, 'index.ts'))) return undefined;
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > newest(SOURCES)) return BUILT;
  // This function loads the module, so that the servers start while it loads.
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: new DefaultLogger('ERROR') });
  const path = join(dir, 'workflow-bundle.js');
  await writeFile(path, code);
  return path;
}

function newest(folder: string): number {
  return Math.max(
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  );
}
