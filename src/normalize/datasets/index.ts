import type { DatasetName } from '../../model/source.js';
import type { Dataset } from './dataset.js';
import { events } from './events.js';
import { hosts } from './hosts.js';
import { logins } from './logins.js';

const DATASETS = { hosts, logins, events } as const;

/** The dataset of a source, by its name. */
export const datasetOf = ({ dataset }: { dataset: DatasetName }): Dataset => DATASETS[dataset] as unknown as Dataset;
