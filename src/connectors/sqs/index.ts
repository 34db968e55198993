/** Public API for sources that read an SQS queue. */
export { sqsInput, sqsRows } from './input.js';
export type { SqsInputOptions } from './options.js';
