import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  jsonValue,
  oneof,
  option,
  string,
  tuple,
} from 'fast-check';
import { record } from '../host/records.js';
import { ask, openStand, type Stand } from './stand.js';
import { character } from '../support/characters.js';
import { series } from '../support/soak.js';

/** The page responds to any URL, or reports that it is malformed. */

let stand: Stand;
let url: string;
beforeAll(async () => {
  stand = await openStand();
  await stand.put(record('qualys:1', { hostname: 'web-01' }));
  url = (await stand.serve()).url;
});
afterAll(async () => stand.close());

const cursor = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url');

test.each([
  ['/api/hosts', [0, null, '']],
  ['/api/hosts', [1, 'x', '']],
  ['/api/hosts', [1, '', '']],
  ['/api/hosts', [0, '\u{10ffff}', '']],
  ['/api/hosts', [0, '\u{10ffff}\u{10ffff}', '']],
  ['/api/hosts', [-1, 'a', '']],
  ['/api/hosts', [0.5, 'a', '']],
  ['/api/hosts', [99, 'a', '']],
  ['/api/hosts', [0, 'a', 1]],
  ['/api/hosts', [0, { $gt: '' }, '']],
  ['/api/hosts?q=web', [0, 'x', '']],
  ['/api/hosts?q=web', [1, 'a', '']],
  ['/api/hosts?q=web', [1, 'zz', '']],
  ['/?q=10.1', [1, null, '']],
  ['/results?q=aa:bb', [1, '', '']],
  ['/api/hosts', 'text'],
  ['/api/hosts', { length: 3 }],
])('%s after the position %j is malformed', async (path, place) => {
  const { status } = await ask(url, `${path}${path.includes('?') ? '&' : '?'}after=${cursor(place)}`);
  expect(status).toBe(400);
});

test('the next page continues from the position that a page returns', async () => {
  await stand.put(record('qualys:2', { hostname: 'web-02' }));
  for (const path of ['/api/hosts?limit=1', '/api/hosts?limit=1&q=web']) {
    const first = JSON.parse((await ask(url, path)).text) as { after: string; hosts: { hostname: string }[] };
    const next = await ask(url, `${path}&after=${first.after}`);
    expect(next.status).toBe(200);
    expect(next.text).toContain('web-02');
  }
});

/** Half a surrogate pair cannot be encoded. */
const wellFormed = (text: string) => Buffer.from(text).toString();

const PATHS = ['/', '/results', '/api/hosts', '/quarantine/rows', '/quarantine/row', '/runs', '/reports', '/login'];
const NAMES =
  'q source lacks os type provider account region status agent stale retired after limit reason id next'.split(' ');
const value = oneof(
  string({ unit: character, maxLength: 40 }),
  constantFrom('', '%', '%00', '%ff%fe', '%ed%a0%80', '\0', '$ne', '{"$gt":""}', '.*', '[', '-1', '1e400', 'NaN'),
  tuple(integer({ min: -1, max: 12 }), option(string({ maxLength: 5 })), string({ maxLength: 5 })).map(cursor),
  jsonValue().map(cursor),
);

test('no URL breaks the page', async () => {
  const part = tuple(constantFrom(...NAMES), value, boolean());
  await assert(
    asyncProperty(
      oneof(
        constantFrom(...PATHS),
        value.map((text) => `/hosts/${encodeURIComponent(wellFormed(text))}`),
      ),
      array(part, { maxLength: 4 }),
      async (path, parts) => {
        const query = parts.map(([name, text, raw]) => {
          // Some values are encoded as a browser does, others are sent unchanged.
          const plain = raw && /^[\x21-\x7e]*$/.test(text);
          return `${name}=${plain ? text.replaceAll(/[#&]/g, '') : encodeURIComponent(wellFormed(text))}`;
        });
        const { status } = await ask(url, `${path}?${query.join('&')}`);
        expect([200, 302, 303, 400, 404]).toContain(status);
      },
    ),
    { numRuns: series(40, 150) },
  );
  expect(stand.errors).toEqual([]);
});
