/** Public API for sources that read files of JSON lines. */
export { jsonlInput, jsonlRows, type JsonlInputOptions } from './input.js';
export { CUT_OFF } from './rows.js';
