/** Where the Temporal Web UI is, and the namespace it shows. */
export interface WebUi {
  ui: string;
  namespace: string;
}

/** URL of a workflow in the Temporal Web UI; `undefined` without a Web UI. */
export function workflowLink({ ui, namespace }: WebUi, workflowId: string): string | undefined {
  if (!/^https?:\/\//.test(ui) || workflowId === '') return undefined;
  const path = ['namespaces', namespace, 'workflows', workflowId].map(encodeURIComponent).join('/');
  return `${ui.replace(/\/+$/, '')}/${path}`;
}
