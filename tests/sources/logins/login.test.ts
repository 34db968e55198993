import { mapLogin } from '../../../src/sources/logins/login.js';
import { RecordRejected } from '../../../src/model/source.js';

const LOGIN = {
  user_id: '424cdd21-063a-43a7-b91b-7ca1a833afae',
  app_version: '2.3.0',
  device_type: 'android',
  ip: '199.172.111.135',
  locale: 'RU',
  device_id: '593-47-5928',
};
const SENT = { SentTimestamp: '1700000000123' };

const message = (body: unknown, attributes: object | undefined = SENT) => ({
  MessageId: 'm-1',
  Body: typeof body === 'string' ? body : JSON.stringify(body),
  ...(attributes && { Attributes: attributes }),
});
const mapped = (change: object = {}) => mapLogin(message({ ...LOGIN, ...change })).observation;

function rejected(raw: unknown): RecordRejected {
  try {
    mapLogin(raw);
  } catch (error) {
    expect(error).toBeInstanceOf(RecordRejected);
    return error as RecordRejected;
  }
  throw new Error('It was not rejected');
}

test('a message without a create_date becomes a login with the time of the message', () => {
  expect(mapLogin(message(LOGIN))).toEqual({
    id: 'm-1',
    observation: { ...LOGIN, create_date: new Date(1_700_000_000_123) },
  });
});

test('a message in an SNS envelope is read as the message inside', () => {
  const envelope = { Type: 'Notification', MessageId: 'other', TopicArn: 'arn', Message: JSON.stringify(LOGIN) };
  expect(mapLogin(message(envelope))).toEqual(mapLogin(message(LOGIN)));
  expect(rejected(message({ ...envelope, Message: 'x' })).reason).toBe('notification is not JSON');
});

test.each([
  ['2024-05-06T07:08:09Z', '2024-05-06T07:08:09.000Z'],
  ['2024-05-06', '2024-05-06T00:00:00.000Z'],
  [1_714_979_289, '2024-05-06T07:08:09.000Z'],
  [1_714_979_289_500, '2024-05-06T07:08:09.500Z'],
  [null, '2023-11-14T22:13:20.123Z'],
])('create_date %p is %s', (create_date, at) => {
  expect(mapped({ create_date }).create_date.toISOString()).toBe(at);
});

test('numbers are read as text where senders send numbers, and a login may lack a locale', () => {
  expect(mapped({ user_id: 42, app_version: 2.3 })).toMatchObject({ user_id: '42', app_version: '2.3' });
  expect(mapped({ locale: null }).locale).toBeNull();
  expect(mapped({ locale: '' }).locale).toBeNull();
  expect(mapped({ locale: undefined }).locale).toBeNull();
});

test('integers beyond 2^53 keep their digits', () => {
  const long = '1672853354643678123';
  const body = JSON.stringify({ ...LOGIN, user_id: 0, create_date: 0 }).replaceAll(':0', `:${long}`);
  const { user_id, create_date } = mapLogin(message(body)).observation;
  expect(user_id).toBe(long);
  expect(create_date.toISOString()).toBe('2023-01-04T17:29:14.643Z');
});

test('an address is stored as canonical text, so its mask is the same in every notation', () => {
  expect(mapped({ ip: ' 2001:DB8:0:0::1 ' }).ip).toBe('2001:db8::1');
  expect(mapped({ ip: '::ffff:199.172.111.135' }).ip).toBe('199.172.111.135');
});

test('unknown fields never reject a record, whatever their names', () => {
  const body = `{"__proto__": {"ip": 1}, "constructor": 1, "more": {"deep": []}, ${JSON.stringify(LOGIN).slice(1)}`;
  expect(mapLogin(message(body))).toEqual(mapLogin(message(LOGIN)));
});

test.each([
  ['user_id is missing', { user_id: undefined }],
  ['user_id is neither a number nor text', { user_id: { id: 1 } }],
  ['user_id is neither a number nor text', { user_id: true }],
  ['user_id is not exact', { user_id: 1e300 }],
  ['user_id is too long', { user_id: 'u'.repeat(129) }],
  ['app_version is missing', { app_version: null }],
  ['app_version is too long', { app_version: '1'.repeat(33) }],
  ['device_type is not text', { device_type: 3 }],
  ['device_type is too long', { device_type: 'd'.repeat(33) }],
  ['device_id is missing', { device_id: undefined }],
  ['device_id is not text', { device_id: 593 }],
  ['device_id is empty', { device_id: ' ' }],
  ['device_id is too long', { device_id: 'd'.repeat(129) }],
  ['device_id is too long', { device_id: 'é'.repeat(65) }],
  ['locale is not text', { locale: ['RU'] }],
  ['locale is too long', { locale: 'l'.repeat(33) }],
  ['ip is missing', { ip: undefined }],
  ['ip is not text', { ip: 3_350_000_000 }],
  ['ip is not an address', { ip: '' }],
  ['ip is not an address', { ip: '199.172.111.350' }],
  ['ip is not an address', { ip: '199.172.011.1' }],
  ['create_date is not a time', { create_date: 'yesterday' }],
  ['create_date is not a time', { create_date: {} }],
])('%s: %p', (reason, change) => {
  const rejection = rejected(message({ ...LOGIN, ...change }));
  expect(rejection).toMatchObject({ reason, recordId: 'm-1' });
  expect(rejection.cause).toBeUndefined();
});

test.each([
  ['message is not an object', 'text'],
  ['message is not an object', null],
  ['MessageId is missing', { Body: '{}' }],
  ['MessageId is missing', { MessageId: '', Body: '{}' }],
])('%s: %p', (reason, raw) => {
  expect(rejected(raw)).toMatchObject({ reason, recordId: undefined });
});

test.each([
  ['body is missing', { MessageId: 'm-1' }],
  ['body is not text', { MessageId: 'm-1', Body: LOGIN }],
  ['body is not JSON', message('{"ip": "199.172.111.135"')],
  ['body is not an object', message('[]')],
  ['body is not an object', message('null')],
  ['create_date is missing', message(LOGIN, {})],
  ['create_date is missing', { MessageId: 'm-1', Body: JSON.stringify(LOGIN) }],
  ['SentTimestamp is not a time', message(LOGIN, { SentTimestamp: 'soon' })],
])('%s', (reason, raw) => {
  expect(rejected(raw)).toMatchObject({ reason, recordId: 'm-1' });
});
