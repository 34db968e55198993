import { sqsInput, sqsRows } from '../../connectors/sqs/index.js';
import { setting } from '../../model/settings.js';
import { mapLogin } from './login.js';
import { defineSource } from '../../model/source.js';

/** Login events that applications send to a queue. Credentials come from the AWS SDK's default chain. */
export default defineSource({
  name: 'logins',
  vendor: 'aws',
  dataset: 'logins',
  docs: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html',
  settings: {
    queueUrl: setting.url('LOGINS_SQS_URL', { help: 'address of the queue' }),
    region: setting.text('AWS_REGION', { help: 'region of the queue', default: 'us-east-1' }),
    endpoint: setting.optional('AWS_ENDPOINT_URL_SQS', { help: 'an SQS-compatible server other than that of AWS' }),
    pollers: setting.integer('LOGINS_SQS_POLLERS', { help: 'concurrent requests', min: 1, max: 64, default: '8' }),
  },
  listing: 'queue',
  freshnessMs: 0,
  mapping: 1,
  decode: sqsRows,
  map: mapLogin,
  input: ({ queueUrl, region, endpoint, pollers }) =>
    sqsInput({ source: 'logins', queueUrl, region, pollers, ...(endpoint && { endpoint }) }),
});
