import { Registry } from 'prom-client';

/** What this process counts; one for all, as its workers share it. */
export const registry = new Registry();
