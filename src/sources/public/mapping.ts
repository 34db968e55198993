/** What source files outside the project import as `rollcall/mapping`: canonical spellings of values, and the shape of a host. */
export * from '../../host/canonical/index.js';
export { observation } from '../../host/observation.js';
export { deviceType } from '../../host/canonical/device-type.js';
export { parseOs } from '../../host/canonical/os.js';
