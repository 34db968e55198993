/** What a source file over HTTP is made of. */
export { basic, header } from './auth.js';
export { clientCredentials } from './client-credentials.js';
export type { Complaint, Envelope, Values } from './envelope.js';
export { evidenceOf, type Evidence } from './evidence.js';
export { httpInput, type HttpInputOptions } from './input.js';
export { keyset, type KeysetPosition } from './paging/keyset.js';
export { offset, type OffsetPosition } from './paging/offset.js';
export { token, type TokenPosition } from './paging/token.js';
export type { RefusalRule } from './refusal.js';
export { xml, type RequestTemplate } from './request.js';
