/** Module `rollcall` for source files outside the project. */
export * from '../../connectors/http/index.js';
export * from '../../model/failure.js';
export type * from '../../host/types.js';
export { setting } from '../../model/settings.js';
export * from '../../model/source.js';
