import { createWriteStream, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Labelled } from './fleet/fleet.js';
import { SOURCES } from './fleet/machine.js';

/**
 * Writes a fleet in the format of `--records` and `--truth`: one `.jsonl` per source and `truth.tsv`. `pitfalls.tsv` contains the
 * tags.
 */
export async function writeFleet(folder: string, fleet: Iterable<Labelled>): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const names = [...SOURCES.map((source) => `${source}.jsonl`), 'truth.tsv', 'pitfalls.tsv'];
  const files = new Map(names.map((name) => [name, createWriteStream(join(folder, name))]));
  const put = async (name: string, line: string): Promise<void> => {
    const file = files.get(name)!;
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  };
  let records = 0;
  for (const { source, id, machine, raw, pitfalls } of fleet) {
    records++;
    await put(`${source}.jsonl`, JSON.stringify(raw));
    await put('truth.tsv', `${source}:${id}\t${machine}`);
    await put('pitfalls.tsv', `${source}:${id}\t${pitfalls}`);
  }
  await Promise.all(
    [...files.values()].map((file) => {
      file.end();
      return finished(file);
    }),
  );
  return records;
}
