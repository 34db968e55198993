import type { Chart } from '../chart.js';
import { agentVersions } from './agent-versions.js';
import { clouds } from './clouds.js';
import { collection } from './collection.js';
import { coverage } from './coverage.js';
import { created } from './created.js';
import { eventCategories } from './events.js';
import { logins } from './logins.js';
import { merging } from './merging.js';
import { oldAndNew } from './old-and-new.js';
import { operatingSystems } from './operating-systems.js';
import { sourceOverlap } from './source-overlap.js';
import { statuses } from './statuses.js';

/** Every chart, in the order of the page. */
export const CHARTS: readonly Chart[] = [
  operatingSystems,
  oldAndNew,
  created,
  statuses,
  coverage,
  sourceOverlap,
  agentVersions,
  ...clouds,
  ...merging,
  ...collection,
  ...logins,
  eventCategories,
];
