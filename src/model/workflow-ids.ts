/**
 * Id of the workflow that collects a set of sources. A second trigger of the same set finds the current run by this id. The
 * task queue is its prefix, so that several installations can share a namespace.
 */
export function runWorkflowId(taskQueue: string, sources: readonly string[]): string {
  return `${taskQueue}-collect-${[...sources].sort().join('+') || 'nothing'}`;
}

/**
 * Id of a source's workflow. All runs use the same id, so Temporal runs the workflow only once at a time, for any number of
 * triggers and schedules.
 */
export const sourceWorkflowId = (taskQueue: string, source: string): string => `${taskQueue}-source-${source}`;

/** Id of the workflow that a source's schedule starts. */
export const scheduledWorkflowId = (taskQueue: string, source: string): string => `${taskQueue}-scheduled-${source}`;
