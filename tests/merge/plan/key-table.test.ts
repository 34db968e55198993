import * as fc from 'fast-check';
import { KEY_LIMITS } from '../../../src/host/identity/key-state.js';
import { keyHash, packKeys, unpackKeys } from '../../../src/host/identity/packed-keys.js';
import { KeyTable, type PopularKey } from '../../../src/merge/plan/key-table.js';
import { TextList } from '../../../src/merge/plan/text-list.js';

const LIMIT = KEY_LIMITS.serial;

/** The components of records that share a key, found without hashes. */
function components(records: readonly string[][]): { sets: string[]; popular: string[] } {
  const holders = new Map<string, number[]>();
  for (const [at, keys] of records.entries())
    for (const key of keys) holders.set(key, [...(holders.get(key) ?? []), at]);
  const of = records.map((_, at) => at);
  for (const all of holders.values()) {
    if (all.length > LIMIT) continue;
    const merged = new Set(all.map((at) => of[at]!));
    for (const [at, component] of of.entries()) if (merged.has(component)) of[at] = of[all[0]!]!;
  }
  const sets = [...new Set(of)].map((component) => [...of.keys()].filter((at) => of[at] === component));
  const popular = [...holders].filter(([, all]) => all.length > LIMIT).map(([key]) => key);
  return { sets: sets.map((set) => set.join()).sort(), popular: popular.sort() };
}

test('records that share keys are one component, in any number of passes, and keys above their limit link nothing', () => {
  const key = fc.integer({ min: 0, max: 25 }).map((n) => `serial::S${n}`);
  const record = fc.tuple(fc.uniqueArray(key, { maxLength: 3 }), fc.subarray(['serial::P1', 'serial::P2']));
  fc.assert(
    fc.property(fc.array(record, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (drawn, most) => {
      const records = drawn.map((keys) => keys.flat());
      const packed = packKeys(records.map((keys) => ({ keys })))!;
      const table = new KeyTable(records.length, records.flat().length, most);
      const found: PopularKey[] = [];
      for (let pass = 0; pass < table.passes; pass += 1) {
        unpackKeys(packed, (at, high, low) => table.add(at, high, low));
        found.push(...table.endPass());
      }
      const sets: string[] = [];
      const grouped: number[] = [];
      for (const { records: group, sizes } of table.groups(5)) {
        grouped.push(group.length);
        for (let from = 0; from < group.length; from += sizes.shift()!)
          sets.push(
            group
              .slice(from, from + sizes[0]!)
              .sort((a, b) => a - b)
              .join(),
          );
      }
      const expected = components(records);
      expect(sets.sort()).toEqual(expected.sets);
      // Only the last group may have fewer records.
      expect(grouped.slice(0, -1).every((size) => size >= 5)).toBe(true);
      const names = new Map(records.flat().map((name) => [`${keyHash(name).high}.${keyHash(name).low}`, name]));
      expect(found.map(({ high, low }) => String(names.get(`${high}.${low}`))).sort()).toEqual(expected.popular);
      for (const { high, low, record: holder } of found) expect(records[holder]).toContain(names.get(`${high}.${low}`));
    }),
  );
});

test('a list of texts returns each text, whatever its characters', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 })), (texts) => {
      const list = new TextList(texts.length);
      for (const text of texts) list.add(text);
      expect(texts.map((_, at) => list.at(at))).toEqual(texts);
    }),
  );
});
