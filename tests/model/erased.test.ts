import { isErased, redactionMarker } from '../../src/model/erased.js';
import { parseElement } from '../../src/connectors/http/xml/element.js';

test('the redaction marker of a row has its length and syntax, and is recognized as a marker', () => {
  for (const length of [21, 23, 24, 200]) {
    const row = Buffer.from(`{"id":"${'x'.repeat(length - 9)}"}`);
    const left = redactionMarker(row);
    expect(left).toHaveLength(row.length);
    expect(isErased(JSON.parse(left.toString()))).toBe(true);
    expect(left.toString()).not.toContain('x');
  }
  const element = Buffer.from(`<HostAsset a="1"><id>1</id><name>ünïcode ${'y'.repeat(50)}</name></HostAsset>`);
  const left = redactionMarker(element);
  expect(left).toHaveLength(element.length);
  expect(isErased(parseElement(left.toString()))).toBe(true);
});

test('a row that is too short for the marker becomes empty', () => {
  expect(JSON.parse(redactionMarker(Buffer.from('{"id":1}')).toString())).toEqual({});
  expect(parseElement(redactionMarker(Buffer.from('<a><b>1</b></a>')).toString())).toBe('');
  expect(redactionMarker(Buffer.from('17')).toString()).toBe('{}');
  expect(redactionMarker(Buffer.from('7')).toString()).toBe(' ');
});

test('no other value is recognized as a marker', () => {
  for (const value of [null, 1, 'rollcall-erased', {}, [], { id: 1 }, { 'rollcall-erased': 1, id: 1 }])
    expect(isErased(value)).toBe(false);
});
