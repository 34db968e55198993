import { clean, ip, time } from '../../host/canonical/index.js';
import { parseExactly } from '../../model/exact-json.js';
import { RecordRejected, type Mapped } from '../../model/source.js';
import { isRaw, rawOf, type Raw } from '../mapping/raw.js';

/** Maximum lengths in characters: the widths of the export's columns. */
const LIMITS = { user_id: 128, device_type: 32, locale: 32, app_version: 32, device_id: 128 } as const;
/** Maximum bytes of a device id: the mask of such an id has 200 characters, and the columns of masked values have 256. */
const DEVICE_ID_BYTES = 128;
/** Number of characters to read. It is more than any limit, so that a text over its limit is rejected instead of cut. */
const READ = 1_024;

/**
 * Maps a login event from an SQS message: its body is JSON, as sent or in the envelope of SNS. Unknown fields are ignored.
 * Throws `RecordRejected` for a message without a usable id, for a body that is not a login event, and for an invalid field.
 */
export function mapLogin(raw: unknown): Mapped<'logins'> {
  if (!isRaw(raw)) throw new RecordRejected('message is not an object');
  const id = clean(raw['MessageId'], 256);
  if (id === undefined) throw new RecordRejected('MessageId is missing');
  const reject = (reason: string) => new RecordRejected(reason, id);
  const body = bodyOf(raw, reject);

  const text = (field: keyof typeof LIMITS, numbers = false): string => {
    const value = body[field];
    if (value === undefined || value === null) throw reject(`${field} is missing`);
    if (typeof value !== 'string' && !(numbers && (typeof value === 'number' || typeof value === 'bigint')))
      throw reject(`${field} is ${numbers ? 'neither a number nor text' : 'not text'}`);
    const cleaned = clean(value, READ);
    if (cleaned === undefined) throw reject(typeof value === 'number' ? `${field} is not exact` : `${field} is empty`);
    if (cleaned.length > LIMITS[field]) throw reject(`${field} is too long`);
    return cleaned;
  };
  const deviceId = text('device_id');
  if (Buffer.byteLength(deviceId) > DEVICE_ID_BYTES) throw reject('device_id is too long');
  const { locale } = body;
  const noLocale = locale === undefined || locale === null || (typeof locale === 'string' && locale.trim() === '');

  return {
    id,
    observation: {
      user_id: text('user_id', true),
      device_type: text('device_type'),
      ip: addressOf(body, reject),
      device_id: deviceId,
      locale: noLocale ? null : text('locale'),
      app_version: text('app_version', true),
      create_date: createdAt(body, raw, reject),
    },
  };
}

type Reject = (reason: string) => RecordRejected;

function bodyOf(message: Raw, reject: Reject): Raw {
  const text = message['Body'];
  if (text === undefined || text === null) throw reject('body is missing');
  if (typeof text !== 'string') throw reject('body is not text');
  const body = objectOf(text, 'body', reject);
  // Amazon SNS adds this envelope unless raw message delivery is enabled.
  if (body['Type'] !== 'Notification' || typeof body['Message'] !== 'string') return body;
  return objectOf(body['Message'], 'notification', reject);
}

function objectOf(text: string, what: string, reject: Reject): Raw {
  let parsed: unknown;
  try {
    parsed = parseExactly(text);
  } catch {
    throw reject(`${what} is not JSON`); // not the parser's message, which contains a part of the text
  }
  if (!isRaw(parsed)) throw reject(`${what} is not an object`);
  return parsed;
}

function addressOf(body: Raw, reject: Reject): string {
  const value = body['ip'];
  if (value === undefined || value === null) throw reject('ip is missing');
  if (typeof value !== 'string') throw reject('ip is not text');
  const address = ip(value);
  if (address === undefined) throw reject('ip is not an address');
  return address;
}

/** The time in the login, else the time at which its message was sent. */
function createdAt(body: Raw, message: Raw, reject: Reject): Date {
  const declared = body['create_date'] ?? undefined;
  const value = declared ?? rawOf(message['Attributes'])['SentTimestamp'];
  if (value === undefined || value === null) throw reject('create_date is missing');
  const exact = typeof value === 'bigint' ? Number(value) : value;
  const at = typeof exact === 'string' || typeof exact === 'number' ? time(exact) : undefined;
  if (!at) throw reject(declared === undefined ? 'SentTimestamp is not a time' : 'create_date is not a time');
  return at;
}
