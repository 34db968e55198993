/** Module `rollcall/mapping` for source files outside the project: canonical forms of values, and the type of a host. */
export * from '../../host/canonical/index.js';
export { observation } from '../../host/observation.js';
export { deviceType } from '../../host/canonical/device-type.js';
export { parseOs } from '../../host/canonical/os.js';
