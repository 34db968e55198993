import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Listing, Vendor } from './listing.js';
import { jsonToXml } from './render/xml.js';

const FILES: Record<Vendor, { name: string; id: string }> = {
  qualys: { name: 'qualys-hosts', id: 'id' },
  crowdstrike: { name: 'crowdstrike-hosts', id: 'device_id' },
};

/** Returns the byte ranges of the elements of a JSON array. It does not parse the elements, so numbers keep all digits. */
export function elementsOf(json: Buffer): Buffer[] {
  const elements: Buffer[] = [];
  let depth = 0;
  let start = -1;
  for (let at = 0; at < json.length; at++) {
    const code = json[at];
    if (code === 0x22) {
      for (at++; at < json.length && json[at] !== 0x22; at++) if (json[at] === 0x5c) at++;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth === 2) start = at;
    } else if ((code === 0x7d || code === 0x5d) && --depth === 1) {
      elements.push(json.subarray(start, at + 1));
    }
  }
  return elements;
}

function linesOf(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(10, start);
    const line = text.subarray(start, end < 0 ? text.length : end);
    if (line.some((code) => code > 32)) lines.push(line);
    start = end < 0 ? text.length : end + 1;
  }
  return lines;
}

function load(directory: string, vendor: Vendor): Buffer[] {
  const base = join(directory, FILES[vendor].name);
  if (existsSync(`${base}.json`)) return elementsOf(readFileSync(`${base}.json`));
  if (existsSync(`${base}.jsonl`)) return linesOf(readFileSync(`${base}.jsonl`));
  return [];
}

interface Recorded {
  id: string;
  text: Buffer;
}

function compare(a: string, b: string): number {
  // Qualys ids are numbers: the shorter one is the smaller one.
  return /^\d+$/.test(a + b) && a.length !== b.length ? a.length - b.length : a < b ? -1 : a > b ? 1 : 0;
}

/** The unchanged records of the files `qualys-hosts` and `crowdstrike-hosts` (`.json`: an array; `.jsonl`: one record per line). */
export class Recordings {
  private readonly records: Record<Vendor, Recorded[]>;

  /** Throws when neither file exists. */
  constructor(directory: string) {
    const read = (vendor: Vendor): Recorded[] =>
      load(directory, vendor).map((text) => {
        const record = JSON.parse(text.toString()) as Record<string, unknown>;
        return { id: String(record[FILES[vendor].id] ?? record['_id']), text };
      });
    this.records = { qualys: read('qualys'), crowdstrike: read('crowdstrike') };
    if (this.records.qualys.length + this.records.crowdstrike.length === 0) {
      throw new Error(`No records in ${directory}: expected qualys-hosts.json or crowdstrike-hosts.json (or .jsonl)`);
    }
  }

  /** In the file's order, or sorted by id as in the vendors' own APIs. */
  listing(vendor: Vendor, sorted: boolean): Listing {
    const records = sorted ? this.records[vendor].toSorted((a, b) => compare(a.id, b.id)) : this.records[vendor];
    const at = (position: number): Recorded => records[position] as Recorded;
    return {
      vendor,
      count: records.length,
      version: 0,
      id: (position) => at(position).id,
      after: (id) => {
        const found = records.findIndex((record) => compare(record.id, id) > 0);
        return found < 0 ? records.length : found;
      },
      write: (position, dialect, sink) => {
        const { text } = at(position);
        if (dialect === 'xml') sink.text(jsonToXml(text.toString()));
        else sink.bytes(text);
      },
      plain: (position) => JSON.parse(at(position).text.toString()) as Record<string, unknown>,
    };
  }
}
