/** Addresses inside the page, and in the Temporal Web UI. */
export const hostHref = (id: string): string => `/hosts/${encodeURIComponent(id)}`;
export const runHref = (id: string): string => `/runs/${encodeURIComponent(id)}`;
export const searchHref = (text: string): string => `/?q=${encodeURIComponent(text)}`;

export interface TemporalLink {
  ui: string;
  namespace: string;
  taskQueue: string;
}

/** A workflow in the Temporal Web UI; `undefined` if its address is not configured. */
export function workflowHref({ ui, namespace }: TemporalLink, workflowId: string): string | undefined {
  if (!/^https?:\/\//.test(ui) || workflowId === '') return undefined;
  return `${ui.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}

export const sourceWorkflowId = (taskQueue: string, source: string): string => `${taskQueue}-source-${source}`;
