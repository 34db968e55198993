/** What a source file over SQS is made of. */
export { sqsInput } from './input.js';
export type { SqsInputOptions } from './options.js';
