/** Public API for sources that read an SQS queue. */
export { sqsInput } from './input.js';
export type { SqsInputOptions } from './options.js';
