import { type Check } from './check.js';
import { versionFinding } from './tested.js';

export const nodeCheck: Check = {
  group: 'Node',
  run: () => Promise.resolve([versionFinding('Node', process.versions.node)]),
};
