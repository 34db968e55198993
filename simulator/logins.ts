import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { hash, hex8, share, uuid } from './random.js';

export interface FillOptions {
  endpoint: string;
  queueUrl: string;
  count: number;
  seed: number;
  region?: string;
}

/** A message body and its kind. */
export interface LoginMessage {
  body: string;
  kind: 'login' | 'poison' | 'not-json';
  login?: {
    user_id: string;
    app_version: string;
    device_type: string;
    ip: string;
    locale: string | null;
    device_id: string;
    create_date?: string;
  };
}

/** Counts of the messages sent. */
export interface Filled {
  sent: number;
  logins: number;
  /** Messages that are JSON but not a login. */
  poison: number;
  /** Messages that are not JSON. */
  notJson: number;
  /** Logins without a locale. */
  nullLocale: number;
  /** Logins with a `create_date`. */
  dated: number;
  /** The distinct values in the logins. */
  ips: Set<string>;
  deviceIds: Set<string>;
}

const BATCH = 10;
const SENDERS = 8;
/** Share of messages that are JSON but not a login. */
const POISON = 0.01;
const NOT_JSON = 0.002;
const NULL_LOCALE = 0.29;
const DATED = 0.2;
/** Share of logins that repeat the machine of an earlier message. */
const REPEATED = 0.25;
const FIRST_DAY = Date.UTC(2026, 0, 1);
const YEAR_MS = 365 * 24 * 3600 * 1000;

const LOCALES = ['RU', 'US', 'DE', 'FR', 'BR', 'IN', 'JP', 'GB'] as const;
const VERSIONS = ['2.3.0', '2.2.1', '1.0.0', '0.9.5', '0.37', '3.0.0'] as const;
const DEVICES = ['android', 'iOS'] as const;

/** Returns message `index` of a seed. The same arguments always return the same message. */
export function loginMessage(seed: number, index: number): LoginMessage {
  const random = share(seed, index, 1);
  if (random < POISON) return { kind: 'poison', body: '{"foo":"oops","bar":"oops"}' };
  if (random < POISON + NOT_JSON) return { kind: 'not-json', body: `{"user_id":"${hex8(hash(seed, index, 2))}` };
  const device = share(seed, index, 3) < REPEATED ? hash(seed, index, 4) % Math.max(1, index) : index;
  const login = {
    user_id: uuid(seed, device, 10),
    app_version: of(VERSIONS, seed, index, 5),
    device_type: of(DEVICES, seed, device, 6),
    ip: ipOf(seed, device),
    locale: share(seed, index, 7) < NULL_LOCALE ? null : of(LOCALES, seed, device, 8),
    device_id: deviceIdOf(seed, device),
    ...(share(seed, index, 9) < DATED && { create_date: dateOf(seed, index) }),
  };
  return { kind: 'login', login, body: JSON.stringify(login) };
}

const of = <T>(values: readonly T[], seed: number, index: number, purpose: number): T =>
  values[hash(seed, index, purpose) % values.length] as T;

function ipOf(seed: number, device: number): string {
  const number = hash(seed, device, 20);
  return `${1 + ((number >>> 24) % 223)}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

function deviceIdOf(seed: number, device: number): string {
  const digits = String(hash(seed, device, 21) % 1_000_000_000).padStart(9, '0');
  return `${digits.slice(0, 3)}-${digits.slice(3, 5)}-${digits.slice(5)}`;
}

const dateOf = (seed: number, index: number) =>
  new Date(FIRST_DAY + Math.floor(share(seed, index, 22) * YEAR_MS)).toISOString().slice(0, 10);

/** Sends `count` messages, several batches at once. Throws when the server rejects one. */
export async function fillQueue({
  endpoint,
  queueUrl,
  count,
  seed,
  region = 'eu-west-1',
}: FillOptions): Promise<Filled> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SQSClient({ endpoint, region, credentials });
  const filled: Filled = {
    sent: 0,
    logins: 0,
    poison: 0,
    notJson: 0,
    nullLocale: 0,
    dated: 0,
    ips: new Set(),
    deviceIds: new Set(),
  };
  let next = 0;
  const sendBatches = async () => {
    while (next < count) {
      const first = next;
      next = Math.min(count, first + BATCH);
      const messages = Array.from({ length: next - first }, (_, place) => loginMessage(seed, first + place));
      const Entries = messages.map(({ body }, place) => ({ Id: String(place), MessageBody: body }));
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`The queue rejected ${Failed.length} messages: ${Failed[0]?.Code}`);
      for (const message of messages) note(filled, message);
    }
  };
  try {
    await Promise.all(Array.from({ length: SENDERS }, sendBatches));
    return filled;
  } finally {
    client.destroy();
  }
}

function note(filled: Filled, { kind, login }: LoginMessage): void {
  filled.sent += 1;
  if (kind === 'poison') filled.poison += 1;
  if (kind === 'not-json') filled.notJson += 1;
  if (!login) return;
  filled.logins += 1;
  if (login.locale === null) filled.nullLocale += 1;
  if (login.create_date !== undefined) filled.dated += 1;
  filled.ips.add(login.ip);
  filled.deviceIds.add(login.device_id);
}
