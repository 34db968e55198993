import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { MongoClient } from 'mongodb';

/**
 * A bare script for a queue: eight pollers receive ten messages, store them as durably as Rollcall and delete them. No masking, no
 * quarantine, and no copy of the messages as received. A separate process: `node logins-floor.js URI ENDPOINT QUEUE COUNT`.
 */
const POLLERS = 8;

async function main(uri: string, endpoint: string, queue: string, count: number): Promise<void> {
  const client = await new MongoClient(uri, { writeConcern: { w: 'majority', journal: true } }).connect();
  const logins = client.db('floor').collection<{ _id: string; body: string }>('logins');
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials });
  const started = process.hrtime.bigint();
  let stored = 0;
  const poll = async () => {
    while (stored < count) {
      const receive = new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
      const { Messages: messages = [] } = await sqs.send(receive);
      if (messages.length === 0) continue;
      await logins.insertMany(messages.map(({ MessageId: id, Body: body }) => ({ _id: id!, body: body! })));
      const entries = messages.map(({ MessageId: id, ReceiptHandle: handle }) => ({ Id: id!, ReceiptHandle: handle! }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queue, Entries: entries }));
      stored += messages.length;
    }
  };
  await Promise.all(Array.from({ length: POLLERS }, poll));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stdout.write(`${JSON.stringify({ seconds })}\n`);
  sqs.destroy();
  await client.close();
}

const [uri, endpoint, queue, count] = process.argv.slice(2);
void main(uri!, endpoint!, queue!, Number(count));
