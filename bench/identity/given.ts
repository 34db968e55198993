import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Collector, type Collected } from './collect.js';
import { SOURCES } from './fleet/machine.js';

/** The parts of the given files that the benchmark cannot use, with reasons. */
export interface Problems {
  bad_lines: number;
  /** The first few, as `qualys.jsonl:17: Unexpected end of JSON input`. */
  examples: string[];
  /** Records that are not in the truth: they are resolved but not measured. */
  unknown: number;
  /** Rows of the truth without a record. */
  missing: number;
  /** Repeated record ids: the later record is left out. */
  repeated: number;
}

const EXAMPLES = 10;

/**
 * Reads `qualys.jsonl`, `crowdstrike.jsonl` and `tenable.jsonl` of a folder, one vendor's record per line, and a truth of
 * lines `source:native id` TAB machine. Counts and skips bad lines. Throws if the truth or all files are missing.
 */
export async function readGiven(
  folder: string,
  truthFile: string,
  keep: { pitfalls: boolean; naive: boolean },
): Promise<Collected & { problems: Problems }> {
  const problems: Problems = { bad_lines: 0, examples: [], unknown: 0, missing: 0, repeated: 0 };
  const reportBadLine = (file: string, line: number, why: string): void => {
    problems.bad_lines++;
    if (problems.examples.length < EXAMPLES) problems.examples.push(`${file}:${line}: ${why}`);
  };
  const truth = await readTruth(truthFile, reportBadLine);
  const collector = new Collector(keep);
  const seen = new Set<string>();
  const machineOf = (id: string): string | undefined => {
    if (seen.has(id)) throw new Repeated();
    seen.add(id);
    const machine = truth.get(id);
    if (machine === undefined) problems.unknown++;
    return machine;
  };
  const pitfalls = await readPitfalls(join(folder, 'pitfalls.tsv'), keep.pitfalls);
  const files = SOURCES.filter((source) => existsSync(join(folder, `${source}.jsonl`)));
  if (files.length === 0) throw new Error(`There is none of ${SOURCES.join('.jsonl, ')}.jsonl in ${folder}`);
  for (const source of files) {
    const file = `${source}.jsonl`;
    for await (const [number, line] of lines(join(folder, file))) {
      if (line.trim() === '') continue;
      try {
        collector.add(source, line, machineOf, (id) => pitfalls.get(id) ?? '');
      } catch (error) {
        if (error instanceof Repeated) problems.repeated++;
        else reportBadLine(file, number, (error as Error).message);
      }
    }
  }
  for (const id of truth.keys()) if (!seen.has(id)) problems.missing++;
  return { ...collector.collected(), problems };
}

class Repeated extends Error {}

/** Native ids are in lower case, as in the mappings. */
async function readTruth(
  file: string,
  reportBadLine: (file: string, line: number, why: string) => void,
): Promise<Map<string, string>> {
  const truth = new Map<string, string>();
  for await (const [number, line] of lines(file)) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [id = '', machine = '', ...more] = line.split('\t');
    const known = SOURCES.some((source) => id.startsWith(`${source}:`) && id.length > source.length + 1);
    if (!known || machine.trim() === '' || more.length > 0) reportBadLine('truth', number, 'not source:id TAB machine');
    else truth.set(id.trim().toLowerCase(), machine.trim());
  }
  return truth;
}

/** The pitfalls of each record of a written fleet; empty for other records. */
async function readPitfalls(file: string, wanted: boolean): Promise<Map<string, string>> {
  const pitfalls = new Map<string, string>();
  if (!wanted || !existsSync(file)) return pitfalls;
  for await (const [, line] of lines(file)) {
    const [id = '', tags = ''] = line.split('\t');
    pitfalls.set(id.toLowerCase(), tags);
  }
  return pitfalls;
}

async function* lines(file: string): AsyncGenerator<[number, string]> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    yield [++number, number === 1 ? line.replace(/^\ufeff/, '') : line];
  }
}
