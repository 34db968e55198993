import { network } from '../network/network.js';
import { printable } from '../format/printable.js';
import { waitHint } from '../connectors/http/wait.js';
import type { AlertDoc, AlertKind } from '../store/documents/alerts.js';

/** An alert could not be delivered to the receiver. */
export class DeliveryError extends Error {
  constructor(
    /** A status or a network code, never a part of the URL, which may be a secret. */
    readonly why: string,
    /** Delay that the receiver requested, milliseconds. */
    readonly retryAfterMs?: number,
  ) {
    super(`The receiver did not accept the alert: ${why}`);
  }
}

const TIMEOUT_MS = 10_000;
const LONGEST_TEXT = 2_000;

const HEADLINES: Record<AlertKind, (alert: AlertDoc) => string> = {
  'run-failed': ({ run }) => `run ${run} failed`,
  'run-partial': ({ run }) => `run ${run} ended partial`,
  'source-parked': ({ source }) => `${source} is parked`,
  'run-overdue': ({ source }) => `${source} is overdue`,
};

/** The JSON body of an alert. `text` is for receivers that show text to people (Slack, Mattermost and similar). */
export function payloadOf(alert: AlertDoc): Record<string, string | null> {
  const { kind, run = null, source = null, reason, remedy = null, at, link = null } = alert;
  const sentences = [`Rollcall: ${HEADLINES[kind](alert)}`, reason, remedy, link].filter((part) => part !== null);
  // Chat programs interpret <…> as a link or as a mention of all members.
  const text = printable(sentences.join('\u2028'))
    .replaceAll('\u2028', '\n')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .slice(0, LONGEST_TEXT);
  return { text, kind, run, source, reason, remedy, at: at.toISOString(), link };
}

/**
 * Delivers one alert. Throws `DeliveryError`. Redirects are not followed: the URL's path is a secret that another host must not
 * receive.
 */
export async function postAlert(webhook: string, alert: AlertDoc, signal: AbortSignal): Promise<void> {
  const url = new URL(webhook);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'rollcall',
    // An alert may be sent twice if a worker dies after sending: the receiver can recognise it by this key.
    'idempotency-key': encodeURIComponent(alert._id),
  };
  if (url.username || url.password) {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  let response: Response;
  try {
    response = await network().fetchOwn(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(payloadOf(alert)),
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (error) {
    throw new DeliveryError(codeOf(error));
  }
  await response.body?.cancel().catch(() => {});
  if (!response.ok) throw new DeliveryError(`status ${response.status}`, waitHint(response.headers, ''));
}

function codeOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  return cause?.code ?? (name === 'TimeoutError' ? `no response within ${TIMEOUT_MS / 1000} s` : (name ?? 'error'));
}
