import * as fc from 'fast-check';
import { readEnvelope, type Envelope } from '../../../src/connectors/http/envelope.js';
import { Malformed } from '../../../src/connectors/http/errors/malformed.js';
import { xml } from '../../../src/connectors/http/index.js';
import { parseElement } from '../../../src/connectors/http/xml/element.js';

const ENVELOPE: Envelope = {
  records: 'ServiceResponse.data',
  wrapper: 'HostAsset',
  values: {
    code: 'ServiceResponse.responseCode',
    more: 'ServiceResponse.hasMoreRecords',
    why: 'ServiceResponse.error.text',
  },
};

const read = (text: string | Buffer) => readEnvelope(Buffer.from(text as string), ENVELOPE);
const page = (data: string, more = 'false') => `<?xml version="1.0" encoding="UTF-8"?>
<ServiceResponse xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="a>b.xsd">
  <!-- <data> in a comment -->
  <responseCode>SUCCESS</responseCode>
  <count>1</count>
  <hasMoreRecords>${more}</hasMoreRecords>
  ${data}
</ServiceResponse>\n`;

test('records and values are found without building the page, and each record has its position', () => {
  const text = page(
    '<data> <HostAsset><id>1</id></HostAsset>\n<HostAsset><id>2</id><name>Zoë</name></HostAsset></data>',
    'true',
  );
  const reading = read(text);
  expect(reading.rows).toBe(2);
  expect(reading.values).toEqual({ code: 'SUCCESS', more: 'true' });
  expect(reading.last()).toEqual({ id: '2', name: 'Zoë' });
  const bytes = Buffer.from(text);
  for (const { offset, length } of reading.all()) {
    expect(bytes.toString('utf8', offset, offset + length)).toMatch(/^<HostAsset>.*<\/HostAsset>$/);
  }
});

test('text stays text, lists become lists of wrappers, and nothing is coerced or collapsed', () => {
  const record = `<HostAsset>
    <id>12345678901234567890</id><version>1.10</version><account>007</account><fqdn/><os><![CDATA[ A <&> B ]]></os>
    <name>a &amp; b &#x2013; c</name>
    <networkInterface><list><HostAssetInterface><address>10.0.0.1</address></HostAssetInterface></list></networkInterface>
    <software><list/></software><tags><list><TagSimple><id>1</id></TagSimple><TagSimple><id>2</id></TagSimple></list></tags>
    <twice>1</twice><twice>2</twice><__proto__><polluted>1</polluted></__proto__>
  </HostAsset>`;
  const [row] = [...read(page(`<data>${record}</data>`)).all()];
  expect(row!.value).toEqual({
    id: '12345678901234567890',
    version: '1.10',
    account: '007',
    fqdn: '',
    os: 'A <&> B',
    name: 'a & b – c',
    networkInterface: { list: [{ HostAssetInterface: { address: '10.0.0.1' } }] },
    software: { list: [] },
    tags: { list: [{ TagSimple: { id: '1' } }, { TagSimple: { id: '2' } }] },
    twice: ['1', '2'],
  });
  expect(({} as { polluted?: string }).polluted).toBeUndefined();
});

test('one record that is not well-formed, or nests too deep, is an error row', () => {
  const deep = (levels: number) => '<a>'.repeat(levels) + '</a>'.repeat(levels);
  const bad = ['<b>&unknown;</b>', '<b><c></b></c>', '<b x=1></b>', deep(100_000)];
  const reading = read(
    page(
      `<data>${bad.map((inner) => `<HostAsset>${inner}</HostAsset>`).join('')}<HostAsset><id>5</id></HostAsset></data>`,
    ),
  );
  expect([...reading.all()].map(({ value, error }) => error ?? value)).toEqual([
    'Not well-formed XML',
    'Not well-formed XML',
    'Not well-formed XML',
    'Nested deeper than 100 levels',
    { id: '5' },
  ]);
});

test.each(['a&#0;b', 'a&#x1F;b', 'a&#xFFFE;b', 'a&#xD800;b', 'a&#99999999;b', 'a\u0000b', 'a\u0001b', 'a\uffffb'])(
  'a character that XML forbids is removed: %j',
  (name) => {
    const rows = [
      ...read(
        page(
          `<data><HostAsset><id>1</id></HostAsset><HostAsset><id>2</id><name>${name}</name><os><![CDATA[&#0;]]></os></HostAsset><HostAsset><id>3</id></HostAsset></data>`,
        ),
      ).all(),
    ];
    expect(rows.map(({ value }) => value)).toEqual([{ id: '1' }, { id: '2', name: 'ab', os: '&#0;' }, { id: '3' }]);
  },
);

test('an ampersand that begins no reference is kept as text', () => {
  const [row] = [...read(page('<data><HostAsset><n>AT&T & &lt;Co&#x2e; &</n></HostAsset></data>')).all()];
  expect(row!.value).toEqual({ n: 'AT&T & <Co. &' });
});

test('the id of a record that is not well-formed can still be read', () => {
  const bad = ['<id>1</id><n>&bogus;</n>', '<n>&bogus;</n><id>1</id>'];
  for (const record of bad) {
    const [row] = [...read(page(`<data><HostAsset>${record}</HostAsset></data>`)).all()];
    expect(row).toMatchObject({ error: 'Not well-formed XML', partial: { id: '1' } });
  }
});

test('a truncated document is never accepted as complete', () => {
  const text = page('<data><HostAsset><id>1</id><n a="&gt;>"/></HostAsset></data>').trim();
  for (let length = 1; length < text.length; length++) expect(() => read(text.slice(0, length))).toThrow(Malformed);
});

test.each([
  ['two roots', '<a/><b/>', 'continues after its end'],
  ['text after the root', '<a/> x', 'holds text outside its root element'],
  ['a root that another element closes', '<a></b>', 'closes the wrong element'],
  ['entities of its own', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'declares its own entities'],
  ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 'not in UTF-8'],
  ['an HTML page', '<!DOCTYPE html><html></html>', 'is an HTML page'],
])('a document with %s is malformed', (_title, text, why) => {
  expect(() => read(text)).toThrow(why);
});

test('a missing parent of the records is distinguished from an empty one', () => {
  expect(read(page('<data/>')).rows).toBe(0);
  expect(read(page('<data></data>')).rows).toBe(0);
  expect(read(page('')).rows).toBeUndefined();
  expect(read(page('<other><data><HostAsset/></data></other>')).rows).toBeUndefined();
});

test('text that xml() writes is read back unchanged, whatever its characters', () => {
  const text = fc.string({ unit: 'grapheme-ascii' }).map((value) => value.trim());
  fc.assert(
    fc.property(text, text, (value, attribute) => {
      expect(parseElement(xml('a', [xml('b', value, { field: attribute })]))).toEqual({ b: value });
    }),
  );
});
