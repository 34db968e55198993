import { CreateQueueCommand, SQSClient, type QueueAttributeName } from '@aws-sdk/client-sqs';

/** The server on loopback requires credentials, but accepts any. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
export const LOCAL_REGION = 'eu-west-1';

/** Creates a client for a server of `openSqs`. */
export function localClient(endpoint: string): SQSClient {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return new SQSClient({ endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS });
}

/** Creates a queue on a server of `openSqs` and returns its URL. A second call with the same attributes changes nothing. */
export async function createQueue(
  endpoint: string,
  name: string,
  attributes: Partial<Record<QueueAttributeName, string>> = {},
): Promise<string> {
  const client = localClient(endpoint);
  try {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return QueueUrl ?? '';
  } finally {
    client.destroy();
  }
}
