/** What source files outside the project import as `rollcall`. */
export * from '../../connectors/http/index.js';
export * from '../../failure.js';
export type * from '../../host/types.js';
export { setting } from '../settings.js';
export * from '../source.js';
