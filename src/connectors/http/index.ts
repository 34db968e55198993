/** Public API for sources that read an HTTP API. */
export { basic, header } from './auth/auth.js';
export { clientCredentials } from './auth/client-credentials.js';
export type { ApplicationError, Envelope, Values } from './envelope.js';
export { failedBodyOf, type FailedBody } from './errors/failed-body.js';
export { httpInput, httpRows, type HttpInputOptions } from './input.js';
export { keyset, type KeysetPosition } from './paging/keyset.js';
export { follow, link, type LinkPosition } from './paging/link.js';
export { offset, type OffsetPosition } from './paging/offset.js';
export { pageNumber, type PageNumberPosition } from './paging/page-number.js';
export { token, type TokenPosition } from './paging/token.js';
export type { Path } from './path.js';
export type { ErrorResponseRule } from './errors/response-error.js';
export { xml, type RequestTemplate } from './request.js';
