import { jsonLines } from './format.js';

/** The golden record as stored, with provenance and reasons; times as text. */
export const jsonl = jsonLines((host) => host);
