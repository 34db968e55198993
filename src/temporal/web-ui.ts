import type { Config } from '../config.js';

/** URL of a workflow in the Temporal Web UI; `undefined` without a Web UI. */
export function workflowLink({ temporal }: Pick<Config, 'temporal'>, workflowId: string): string | undefined {
  if (temporal.ui === '') return undefined;
  const path = ['namespaces', temporal.namespace, 'workflows', workflowId].map(encodeURIComponent).join('/');
  return `${temporal.ui.replace(/\/+$/, '')}/${path}`;
}
