import { Failure } from '../../failure.js';

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS|ERR_SSL|EPROTO/;

/** What is said about a code; every other code is shown as it is. */
const PHRASES: [RegExp, string, string?][] = [
  [/^ENOTFOUND$/, 'has a host name that does not exist', 'Check the host name in the source’s URL setting'],
  [/^EAI_AGAIN$/, 'has a host name that cannot be looked up now'],
  [/^ECONNREFUSED$/, 'refused the connection'],
  [/^(?:ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'did not accept the connection in time'],
  [/^Z_/, 'sent an answer that cannot be decompressed'],
  [
    /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_ABORTED)$/,
    'cut the connection before its answer was complete',
  ],
  [
    CERTIFICATE,
    'has a TLS certificate or protocol that is not accepted',
    'Have the certificate fixed, or name its authority in NODE_EXTRA_CA_CERTS',
  ],
];

/**
 * A thrown network error as `Failure('unreachable')`. Only its code is kept: messages and causes of fetch errors may
 * repeat URLs and header values.
 */
export function networkFailure(error: unknown, at: string): Failure {
  const code = codeOf(error);
  const [, phrase, remedy] = PHRASES.find(([pattern]) => pattern.test(code)) ?? [];
  return new Failure('unreachable', `${at} ${phrase ?? 'could not be reached'}${code === '' ? '' : ` (${code})`}`, {
    at,
    ...(remedy !== undefined && { remedy }),
  });
}

function codeOf(error: unknown): string {
  let inner = error as { code?: unknown; cause?: unknown } | null | undefined;
  for (let depth = 0; typeof inner === 'object' && inner !== null && depth < 5; depth++) {
    if (typeof inner.code === 'string') return inner.code;
    inner = inner.cause as typeof inner;
  }
  return '';
}
