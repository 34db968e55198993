/** What a source file over files of JSON lines is made of. */
export { jsonlInput, type JsonlInputOptions } from './input.js';
export { CUT_OFF } from './rows.js';
