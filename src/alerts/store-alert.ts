import type { Config } from '../config.js';
import { putAlert, type NewAlert } from '../store/collections/alerts.js';
import type { Store } from '../store/database.js';
import type { RunStatus, SourceAccount } from '../model/run.js';
import type { SourceDoc } from '../store/documents/sources.js';
import { sourceWorkflowId } from '../model/workflow-ids.js';
import { workflowLink } from '../temporal/web-ui.js';

/** A run that has ended. */
export interface EndedRun {
  run: string;
  status: RunStatus;
  workflowId: string;
  accounts: Readonly<Record<string, SourceAccount>>;
}

/**
 * The alert for a run that failed or ended partial; `undefined` if there is nothing to report. A parked source has an alert of
 * its own.
 */
export function alertOfRun(config: Config, { run, status, workflowId, accounts }: EndedRun): NewAlert | undefined {
  if (status !== 'failed' && status !== 'partial') return undefined;
  const unsuccessful = Object.entries(accounts).filter(
    ([, account]) => (account.status === 'failed' || account.status === 'partial') && !account.parked,
  );
  if (unsuccessful.length === 0 && Object.keys(accounts).length > 0) return undefined;
  const kind = status === 'failed' ? 'run-failed' : 'run-partial';
  const remedies = new Set(unsuccessful.flatMap(([, { remedy }]) => remedy ?? []));
  const link = workflowLink(config.temporal, workflowId);
  return {
    _id: `${kind}/${run}`,
    kind,
    run,
    ...(unsuccessful.length > 0 ? { source: unsuccessful.map(([source]) => source).join(', ') } : {}),
    reason:
      unsuccessful
        .map(([source, { status: how, reason }]) => `${source} ${how}: ${reason ?? 'no reason given'}`)
        .join('; ') || status,
    ...(remedies.size > 0 ? { remedy: [...remedies].join('. ') } : {}),
    ...(link ? { link } : {}),
  };
}

/**
 * Stores an alert for a run that failed or ended partial, if a webhook is configured. Never throws, because the run has ended
 * already.
 */
export async function storeRunAlert(
  { store, config, log }: { store: Store; config: Config; log: { warn(fields: object, text: string): void } },
  ended: EndedRun,
): Promise<void> {
  if (config.alertWebhook === undefined) return;
  const alert = alertOfRun(config, ended);
  if (!alert) return;
  try {
    await putAlert(store, alert);
  } catch (error) {
    log.warn({ run: ended.run, error: (error as Error).name }, 'The alert of this run could not be stored');
  }
}

/** Stores an alert for each parked source, once each time that it is parked. */
export async function storeParkedAlerts(store: Store, config: Config): Promise<void> {
  const parked = store.sources.find({ parked: { $exists: true } });
  for await (const source of parked) await putAlert(store, alertOfParked(config, source));
}

function alertOfParked(config: Config, { _id: source, parked }: SourceDoc): NewAlert {
  const { run, at, reason, remedy } = parked!;
  const link = workflowLink(config.temporal, sourceWorkflowId(config.temporal.taskQueue, source));
  return {
    _id: `source-parked/${source}/${at.toISOString()}`,
    kind: 'source-parked',
    run,
    source,
    reason,
    ...(remedy ? { remedy } : {}),
    at,
    ...(link ? { link } : {}),
  };
}
