import type { Client, Connection } from '@temporalio/client';
import { SOURCE_ATTRIBUTE, STATUS_ATTRIBUTE } from '../model/messages.js';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

/**
 * Registers the search attributes by which the Web UI filters runs. Returns `false` when Rollcall does not have the permission.
 */
export async function registerSearchAttributes(client: Client, namespace: string): Promise<boolean> {
  if (await searchAttributesReady(client, namespace)) return true;
  const searchAttributes = { [SOURCE_ATTRIBUTE.name]: KEYWORD, [STATUS_ATTRIBUTE.name]: KEYWORD };
  await (client.connection as Connection).operatorService
    .addSearchAttributes({ namespace, searchAttributes })
    .catch(() => {});
  return searchAttributesReady(client, namespace);
}

/** Whether both search attributes are registered with the namespace. */
export async function searchAttributesReady(client: Client, namespace: string): Promise<boolean> {
  try {
    const { customAttributes } = await (client.connection as Connection).operatorService.listSearchAttributes({
      namespace,
    });
    return [SOURCE_ATTRIBUTE, STATUS_ATTRIBUTE].every(({ name }) => name in (customAttributes ?? {}));
  } catch {
    return false;
  }
}
