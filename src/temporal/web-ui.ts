import type { Config } from '../config.js';

/** Where the Temporal Web UI shows a workflow; `undefined` without a Web UI. */
export function workflowLink({ temporal }: Pick<Config, 'temporal'>, workflowId: string): string | undefined {
  if (temporal.ui === '') return undefined;
  const path = ['namespaces', temporal.namespace, 'workflows', workflowId].map(encodeURIComponent).join('/');
  return `${temporal.ui.replace(/\/+$/, '')}/${path}`;
}
