import type { HostRecord } from '../../src/host/types.js';
import { mapDevice } from '../../src/sources/crowdstrike/device.js';
import { mapHostAsset } from '../../src/sources/qualys/host-asset.js';
import { mapAsset } from '../../src/sources/tenable/asset.js';
import type { Mapped } from '../../src/model/source.js';
import { identityProjection } from '../../src/host/identity/projection.js';
import { naiveKey } from './naive.js';
import type { SourceName } from './fleet/machine.js';

const NONE: string[] = [];

const MAP: Record<SourceName, (raw: unknown) => Mapped> = {
  qualys: mapHostAsset,
  crowdstrike: mapDevice,
  tenable: mapAsset,
};

/** Records in memory and their truth. The same position in each list belongs to the same record. */
export interface Collected {
  records: HostRecord[];
  /** The number of each record's machine, -1 for records that are not in the truth. */
  machineOf: Int32Array;
  machines: number;
  /** The generator's tags of each record, separated by spaces; empty for given records. */
  pitfalls: string[];
  /** Hostname and external address, unchanged, if requested. */
  naive: string[];
  parse_seconds: number;
}

/** Parses and maps records one by one and numbers their machines. Does not compute keys. */
export class Collector {
  private readonly records: HostRecord[] = [];
  private readonly numbers: number[] = [];
  private readonly machines = new Map<string, number>();
  private readonly pitfalls: string[] = [];
  private readonly naive: string[] = [];
  private readonly tags = new Map<string, string>();
  private nanoseconds = 0n;

  constructor(private readonly keep: { pitfalls: boolean; naive: boolean }) {}

  /** Throws the errors of parsing, mapping and `machineOf`. It does not add the record in that case. */
  add(
    source: SourceName,
    text: string,
    machineOf: (recordId: string) => string | undefined,
    pitfallsOf: (recordId: string) => string = () => '',
  ): string {
    const started = process.hrtime.bigint();
    const raw: unknown = JSON.parse(text);
    const { id: native, observation } = MAP[source](raw);
    this.nanoseconds += process.hrtime.bigint() - started;
    const id = `${source}:${native}`;
    const machine = machineOf(id);
    this.records.push({
      id,
      source,
      vendor: source,
      observation: identityProjection(observation),
      keys: NONE,
      gone: false,
    });
    this.numbers.push(this.number(machine));
    if (this.keep.pitfalls) this.pitfalls.push(this.intern(pitfallsOf(id)));
    if (this.keep.naive) this.naive.push(naiveKey(source, raw));
    return id;
  }

  collected(): Collected {
    return {
      records: this.records,
      machineOf: Int32Array.from(this.numbers),
      machines: this.machines.size,
      pitfalls: this.pitfalls,
      naive: this.naive,
      parse_seconds: Number(this.nanoseconds) / 1e9,
    };
  }

  private number(machine: string | undefined): number {
    if (machine === undefined) return -1;
    let number = this.machines.get(machine);
    if (number === undefined) this.machines.set(machine, (number = this.machines.size));
    return number;
  }

  private intern(tags: string): string {
    const known = this.tags.get(tags);
    if (known !== undefined) return known;
    if (this.tags.size < 100_000) this.tags.set(tags, tags);
    return tags;
  }
}
