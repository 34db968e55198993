import { Registry } from 'prom-client';

/** The metrics of this process; shared by all its workers. */
export const registry = new Registry();
