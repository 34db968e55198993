import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fleet } from '../../../bench/identity/fleet/fleet.js';
import { ratesWith } from '../../../bench/identity/fleet/rates.js';
import { readGiven } from '../../../bench/identity/given.js';
import { writeFleet } from '../../../bench/identity/write.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rollcall-given-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const KEEP = { pitfalls: false, naive: true };
const put = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), lines.join('\n'));
const read = () => readGiven(folder, join(folder, 'truth.tsv'), KEEP);

test('bad lines are reported with file and line and skipped, and the other lines are read', async () => {
  put('qualys.jsonl', '{"id":7,"dnsHostName":"a.example.com"}', '{"id":', '{"name":"no id"}', '', '{"id":"8"}');
  put('crowdstrike.jsonl', '{"device_id":"ABCDEF"}', '[]');
  put('truth.tsv', 'qualys:7\tm1', 'qualys 8 m2', 'nessus:1\tm3', 'qualys:8\tm2', 'crowdstrike:abcdef\tm1');
  const { records, machineOf, machines, problems } = await read();
  expect(records.map(({ id }) => id)).toStrictEqual(['qualys:7', 'qualys:8', 'crowdstrike:abcdef']);
  expect([...machineOf]).toStrictEqual([0, 1, 0]);
  expect(machines).toBe(2);
  expect(problems.bad_lines).toBe(5);
  expect(problems.examples.map((line) => line.replace(/: .*/, ''))).toStrictEqual([
    'truth:2',
    'truth:3',
    'qualys.jsonl:2',
    'qualys.jsonl:3',
    'crowdstrike.jsonl:2',
  ]);
});

test('records without truth, truth without records and repeated ids are counted', async () => {
  put('tenable.jsonl', '{"id":"A"}', '{"id":"a"}', '{"id":"b"}');
  put('truth.tsv', 'tenable:A\tm1', 'tenable:gone\tm2');
  const { records, machineOf, problems } = await read();
  expect(records.map(({ id }) => id)).toStrictEqual(['tenable:a', 'tenable:b']);
  expect([...machineOf]).toStrictEqual([0, -1]);
  expect(problems).toMatchObject({ bad_lines: 0, repeated: 1, unknown: 1, missing: 1 });
});

test('a bad line does not reserve its id: a later line with the same id is read', async () => {
  put('qualys.jsonl', '{"id":7,"x":', '{"id":7}');
  put('truth.tsv', '\ufeffqualys:7\tm1\r');
  expect((await read()).problems).toMatchObject({ bad_lines: 1, repeated: 0, unknown: 0, missing: 0 });
});

test('a folder without any records is an error', async () => {
  put('truth.tsv', 'qualys:7\tm1');
  await expect(read()).rejects.toThrow('There is none of qualys.jsonl');
});

test('a written fleet is read back with every record and its truth', async () => {
  const rates = ratesWith();
  const written = await writeFleet(folder, fleet(3, 60, rates));
  const { records, machines, machineOf, naive, problems } = await read();
  expect(records).toHaveLength(written);
  expect(machines).toBe(60);
  expect(problems).toStrictEqual({ bad_lines: 0, examples: [], unknown: 0, missing: 0, repeated: 0 });
  const expected = new Map([...fleet(3, 60, rates)].map(({ source, id, machine }) => [`${source}:${id}`, machine]));
  const names = new Map<number, string>();
  records.forEach(({ id }, at) => {
    const number = machineOf[at]!;
    expect(names.get(number) ?? expected.get(id)).toBe(expected.get(id));
    names.set(number, expected.get(id)!);
  });
  expect(naive.some((key) => key.includes('\n'))).toBe(true);
});
