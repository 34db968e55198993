import { roughDuration } from '../../format/time.js';
import type { Client, Connection } from '@temporalio/client';
import type { Config } from '../../config.js';
import { SOURCE_ATTRIBUTE, STATUS_ATTRIBUTE } from '../../model/messages.js';
import { attention, ok, skipped, type Check, type Finding } from './check.js';
import { describeQueue } from './task-queue.js';
import { versionFinding } from './tested.js';

const DAY = 86_400;
/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;
const NO_NAMESPACE = 'There is no namespace';

/** Checks the server, its namespace and search attributes, and that a worker polls the task queue. */
export const temporalCheck: Check = {
  group: 'Temporal',
  about: 'Temporal',
  async run({ temporal, config }) {
    const client = await temporal();
    const { serverVersion } = await client.workflowService.getSystemInfo({});
    const version = serverVersion
      ? versionFinding('Temporal', serverVersion)
      : skipped('It does not report its version');
    const namespace = await namespaceFinding(client, config);
    // The other checks need the namespace.
    if (namespace.message.startsWith(NO_NAMESPACE)) return [version, namespace];
    return [version, namespace, await attributesFinding(client, config), await workersFinding(client, config)];
  },
};

async function namespaceFinding(client: Client, { temporal: { namespace, address } }: Config): Promise<Finding> {
  try {
    const { config } = await client.workflowService.describeNamespace({ namespace });
    const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
    const message = `Namespace ${namespace} keeps ended runs for ${roughDuration(1_000 * seconds)}`;
    // A run that fails at night should still be visible in the morning.
    if (seconds >= DAY) return ok(message);
    return attention(
      message,
      `temporal operator namespace update --address ${address} --retention 72h -n ${namespace}`,
    );
  } catch (error) {
    if ((error as { code?: number }).code !== NOT_FOUND) throw error;
    return attention(
      `${NO_NAMESPACE} ${namespace}`,
      `temporal operator namespace create --address ${address} -n ${namespace}, or correct TEMPORAL_NAMESPACE`,
    );
  }
}

async function attributesFinding(client: Client, { temporal: { namespace, address } }: Config): Promise<Finding> {
  const names = [SOURCE_ATTRIBUTE.name, STATUS_ATTRIBUTE.name];
  let registered: Record<string, unknown>;
  try {
    const { operatorService } = client.connection as Connection;
    registered = (await operatorService.listSearchAttributes({ namespace })).customAttributes ?? {};
  } catch {
    return skipped('Search attributes: no permission to list them');
  }
  const missing = names.filter((name) => !(name in registered));
  if (missing.length === 0) return ok(`Search attributes ${names.join(' and ')} are registered`);
  const create = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
  return attention(
    `Search attributes are not registered: ${missing.join(', ')}; the Web UI cannot filter runs by them`,
    `temporal operator search-attribute create --address ${address} -n ${namespace} ${create}`,
  );
}

async function workersFinding(client: Client, config: Config): Promise<Finding> {
  const { taskQueue } = config.temporal;
  const { pollers } = await describeQueue(client, config);
  if (pollers.length === 0) return attention(`No worker polls task queue ${taskQueue}`, 'npm start');
  const names = pollers.map(({ identity }) => identity).join(', ');
  return ok(
    `${pollers.length === 1 ? 'One worker polls' : `${pollers.length} workers poll`} task queue ${taskQueue}: ${names}`,
  );
}
