import { Failure } from '../../model/failure.js';
import { AddressRefused } from '../../network/lookup.js';

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS|ERR_SSL|EPROTO/;

/** Message and remedy by error code; any other code is shown unchanged. */
const MESSAGES: [RegExp, string, string?][] = [
  [/^ENOTFOUND$/, 'has a host name that does not exist', 'Check the host name in the source’s URL setting'],
  [/^EAI_AGAIN$/, 'has a host name that cannot be looked up now'],
  [/^ECONNREFUSED$/, 'refused the connection'],
  [/^(?:ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'did not accept the connection in time'],
  [/^Z_/, 'sent a response that cannot be decompressed'],
  [
    /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|UND_ERR_ABORTED)$/,
    'closed the connection before its response was complete',
  ],
  [
    CERTIFICATE,
    'has a TLS certificate or protocol that is not accepted',
    'Correct the certificate, or name its certificate authority in NODE_EXTRA_CA_CERTS, in the environment of the process (not in .env)',
  ],
];

/**
 * Converts a network error to `Failure('unreachable')`. Only its code is kept: messages and causes of fetch errors may contain
 * URLs and header values.
 */
export function networkFailure(error: unknown, at: string): Failure {
  const refused = causes(error).find((cause) => cause instanceof AddressRefused);
  if (refused) return addressRefused(refused, at);
  const proxyStatus = causes(error)
    .map(({ message }) => /^Proxy response \((\d{3})\)|\(407\)$/.exec(String(message)))
    .find((match) => match !== null);
  if (proxyStatus) return proxyFailure(proxyStatus[1] ?? '407', at);
  const code = codeOf(error);
  const [, phrase, remedy] = MESSAGES.find(([pattern]) => pattern.test(code)) ?? [];
  return new Failure('unreachable', `${at} ${phrase ?? 'could not be reached'}${code === '' ? '' : ` (${code})`}`, {
    at,
    ...(remedy !== undefined && { remedy }),
  });
}

function addressRefused({ host, why }: AddressRefused, at: string): Failure {
  return new Failure('address-refused', `No request was sent to ${at}: ${host} ${why}`, {
    at,
    remedy: `If the API is on premises, name ${host} or its network in ROLLCALL_ON_PREMISES and restart the worker`,
  });
}

function proxyFailure(status: string, at: string): Failure {
  return new Failure('unreachable', `${at} could not be reached: the proxy responded ${status}`, {
    at,
    remedy: 'Check HTTPS_PROXY and HTTP_PROXY, and that the proxy lets the worker reach that host',
  });
}

interface Cause {
  code?: unknown;
  message?: unknown;
  cause?: unknown;
}

/** An error and its causes, outermost first. */
function causes(error: unknown): Cause[] {
  const all: Cause[] = [];
  let inner = error;
  while (typeof inner === 'object' && inner !== null && all.length < 5) {
    all.push(inner);
    inner = (inner as Cause).cause;
  }
  return all;
}

function codeOf(error: unknown): string {
  return causes(error).reduce((found, { code }) => found || (typeof code === 'string' ? code : ''), '');
}
