import { createHash } from 'node:crypto';
import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { FetchedPage } from '../../model/source.js';

/** Builds a page whose body is the messages with every field as AWS sent it. */
export function pageOf(messages: Message[], at: Pick<FetchedPage, 'cursor' | 'next'>, warnings: string[]): FetchedPage {
  const body = Buffer.from(JSON.stringify({ Messages: messages.map(withBase64) }));
  return {
    ...at,
    body,
    mediaType: 'application/json',
    digest: createHash('sha256').update(body).digest('hex'),
    status: 200,
    fetchedAt: new Date(),
    rows: messages.length,
    ...(warnings.length > 0 && { warnings }),
  };
}

/** The ids of a page's messages. */
export function idsOf(page: FetchedPage): string[] {
  const { Messages } = JSON.parse(page.body.toString('utf8')) as { Messages: { MessageId: string }[] };
  return Messages.map(({ MessageId }) => MessageId);
}

/** Encodes binary attributes as base64 again: the SDK decodes them to bytes, which JSON cannot represent. */
function withBase64(message: Message): unknown {
  if (!message.MessageAttributes) return message;
  const attributes = Object.entries(message.MessageAttributes).map(([name, value]) => [name, attributeJson(value)]);
  return { ...message, MessageAttributes: Object.fromEntries(attributes) as unknown };
}

function attributeJson(value: MessageAttributeValue): unknown {
  if (!value.BinaryValue) return value;
  return { ...value, BinaryValue: Buffer.from(value.BinaryValue).toString('base64') };
}
