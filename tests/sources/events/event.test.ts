import * as fc from 'fast-check';
import { mapEvent } from '../../../src/sources/events/event.js';
import { RecordRejected } from '../../../src/model/source.js';

const reasonOf = (raw: unknown): string => {
  try {
    mapEvent(raw);
  } catch (error) {
    if (error instanceof RecordRejected) return error.reason;
    throw error;
  }
  return 'normalized';
};

const event = (more: Record<string, unknown> = {}) => ({ id: 1, category: 'a', value: 2, ...more });

test('an event has its id, its category, its value and all its other fields', () => {
  expect(mapEvent(event())).toEqual({ id: '1', observation: { id: 1, category: 'a', value: 2 } });
  expect(mapEvent(event({ id: 'x', at: 'noon', tags: [1] })).observation).toEqual({
    id: 'x',
    category: 'a',
    value: 2,
    more: { at: 'noon', tags: [1] },
  });
  expect(mapEvent(event({ id: 2n ** 63n - 1n })).id).toBe('9223372036854775807');
  expect(Object.is(mapEvent(event({ id: -0, value: -0 })).observation.value, 0)).toBe(true);
});

test.each([
  ['record is not an object', [1]],
  ['record is not an object', null],
  ['id is missing', { category: 'a', value: 1 }],
  ['id is neither text nor a number', event({ id: null })],
  ['id is neither text nor a number', event({ id: { $gt: '' } })],
  ['id is empty', event({ id: '' })],
  ['id is longer than 512 characters', event({ id: 'x'.repeat(513) })],
  ['id contains an incomplete character (lone surrogate)', event({ id: '\ud800' })],
  ['id is not a finite number', event({ id: Infinity })],
  ['id is a number of more than 64 bits', event({ id: 2n ** 63n })],
  ['category is missing', { id: 1, value: 1 }],
  ['category is not text', event({ category: 7 })],
  ['category is empty', event({ category: '' })],
  ['value is missing', { id: 1, category: 'a' }],
  ['value is not a number', event({ value: '7' })],
  ['value is not a number', event({ value: null })],
  ['value is a number beyond 2^53', event({ value: 2n ** 60n })],
])('%s', (reason, raw) => {
  expect(reasonOf(raw)).toBe(reason);
});

test('a field named __proto__ is data', () => {
  const raw: unknown = JSON.parse('{"id": 1, "category": "a", "value": 2, "__proto__": {"polluted": true}}');
  expect(Object.keys(mapEvent(raw).observation.more!)).toEqual(['__proto__']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('any value is normalized or rejected', () => {
  fc.assert(fc.property(fc.anything(), (raw) => void reasonOf(raw)));
});
