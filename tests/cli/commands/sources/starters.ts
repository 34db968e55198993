import { AUTHS, DATASETS, PAGINGS } from '../../../../src/cli/commands/sources/starter/choices.js';

/** Combinations that cover each paging, each authentication and each dataset that `sources new` offers. */
export const STARTERS = [
  ...PAGINGS.map((paging) => ({ dataset: 'hosts' as const, paging, auth: 'header' as const })),
  ...AUTHS.slice(1).map((auth) => ({ dataset: 'hosts' as const, paging: 'cursor' as const, auth })),
  ...DATASETS.slice(1).map((dataset) => ({ dataset, paging: 'offset' as const, auth: 'basic' as const })),
];
