import { jsonLines } from './format.js';

/** The golden record as it is stored, provenance and reasons included; times as text. */
export const jsonl = jsonLines((host) => host);
