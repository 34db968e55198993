import * as fc from 'fast-check';
import { contentHash } from '../../src/host/hash.js';
import { storedObservation } from '../../src/store/stored-observation.js';
import { identityKeys } from '../../src/host/identity/keys.js';
import { mapDevice } from '../../src/sources/crowdstrike/device.js';
import { mapHostAsset } from '../../src/sources/qualys/host-asset.js';
import { RecordRejected, type Mapped } from '../../src/model/source.js';
import { ec2Device, macLaptop, pod, windowsLaptop } from './crowdstrike/devices.js';
import { asExtended, asXml, azureAsset, ec2Asset, gcpAsset, windowsAsset } from './qualys/assets.js';
import { character } from '../support/characters.js';
import { series } from '../support/soak.js';

/** Values that may occur anywhere in a record that does not match its documentation. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    '',
    'null',
    'N/A',
    'false',
    true,
    0,
    -1,
    1e308,
    NaN,
    '0001-01-01T00:00:00Z',
    '\ud800',
    'a\0b',
    '<b>',
    '=cmd',
    { $gt: '' },
    { $date: {} },
    { $numberLong: 'x' },
    [],
    [[]],
    {},
    { list: { length: 1e9 } },
  ),
  fc.string({ unit: character }),
  fc.jsonValue(),
  fc.constant(JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}')),
);

function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))];
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const inner = value as Record<string, unknown>;
  const made = replaced(inner[key], rest, by);
  if (Array.isArray(inner)) return inner.map((entry, at) => (String(at) === key ? made : entry));
  return { ...inner, [key]: made };
}

/** A record with one to four of its values, at any depth, replaced by odd ones. */
const mutated = (records: unknown[]) =>
  fc.constantFrom(...records).chain((record) => {
    const known = places(record);
    return fc.array(fc.tuple(fc.nat(known.length - 1), odd), { minLength: 1, maxLength: 4 }).map((edits) =>
      edits.reduce<unknown>((made, [at, by]) => {
        const path = known[at]!;
        // An earlier edit may have removed this path.
        const there = path
          .slice(0, -1)
          .reduce<unknown>(
            (value, key) =>
              typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
            made,
          );
        return typeof there === 'object' && there !== null ? replaced(made, path, by) : made;
      }, record),
    );
  });

const assets = [ec2Asset, windowsAsset, azureAsset, gcpAsset];
const cases: [string, (raw: unknown) => Mapped, unknown[]][] = [
  ['Qualys', mapHostAsset, [...assets, ...assets.map(asXml), ...assets.map((asset) => asExtended(asset))]],
  ['CrowdStrike', mapDevice, [ec2Device, windowsLaptop, macLaptop, pod]],
];

const CONTROL = /\p{Cc}/u;

/**
 * Returns the first part of a value that cannot be stored or shown: absent values, edge cases of JSON and BSON, broken
 * text.
 */
function flaw(value: unknown, at = ''): string | undefined {
  if (value instanceof Date) return value.getTime() > 0 ? undefined : `${at}: no time`;
  if (typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? undefined : `${at}: ${value}`;
  if (typeof value === 'string') {
    const broken =
      value === '' || value.length > 1_024 || CONTROL.test(value) || Buffer.from(value).toString() !== value;
    return broken ? `${at}: ${JSON.stringify(value)}` : undefined;
  }
  if (typeof value !== 'object' || value === null) return `${at}: ${String(value)}`;
  for (const [key, inner] of Object.entries(value)) {
    const found = /^\$|\.|__proto__/.test(key) ? `${at}: key ${key}` : flaw(inner, `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

test.each(cases)(
  '%s: a record with odd values is normalized or rejected with a reason, never anything else',
  (_, map, records) => {
    fc.assert(
      fc.property(mutated(records), (raw) => {
        let mapped: Mapped;
        try {
          mapped = map(raw);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordRejected);
          expect((error as RecordRejected).reason).toMatch(/^[a-z_ ]+$/);
          return;
        }
        expect(mapped.id).toMatch(/./);
        expect(flaw(mapped.observation)).toBeUndefined();
        for (const key of identityKeys('vendor', mapped.id, mapped.observation))
          expect(key).toMatch(/^(?:cloud|agent|serial|uuid|mac|fqdn|name|name-ip):[^:]*:.+$/);
        expect(contentHash(storedObservation(mapped.observation).observation, [])).toHaveLength(22);
      }),
      { numRuns: series(200, 1_500) },
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  },
);

test.each(cases)('%s: any value is normalized or rejected', (_, map) => {
  fc.assert(
    fc.property(fc.anything(), (raw) => {
      try {
        map(raw);
      } catch (error) {
        expect(error).toBeInstanceOf(RecordRejected);
      }
    }),
  );
});

test.each(cases)('%s: the mapping does not change the received record', (_, map, records) => {
  for (const record of records) {
    const before = JSON.stringify(record);
    map(record);
    expect(JSON.stringify(record)).toBe(before);
  }
});

test.each(cases)('%s: the mapping ends with a megabyte of hostile text in any field', (_, map, records) => {
  const units = ['1.', 'a ', ' 1', '0:', '-', 'VMware-', '(1', '\ud800', '%', '.'];
  const record = records[0]!;
  const fields = places(record).filter((path) => path.length > 0);
  fields.forEach((path, at) => {
    const unit = units[at % units.length]!;
    try {
      map(replaced(record, path, unit.repeat(1_000_000 / unit.length)));
    } catch (error) {
      expect(error).toBeInstanceOf(RecordRejected);
    }
  });
});
