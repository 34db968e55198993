import { hash, share, spread32, unspread32 } from './random.js';
import type { Listing, Vendor } from './listing.js';
import { machineAt } from './machines/at.js';
import { coverageOf, PURPOSE, type Machine } from './machines/machine.js';
import { deviceId, writeCrowdstrikeDevice } from './render/crowdstrike-device.js';
import type { Dialect } from './render/dialect.js';
import { qualysId, writeQualysHost, type LongLists } from './render/qualys-host.js';
import { writeSoftware, writeVulns, type RowPlan } from './render/rows.js';
import { Sink } from './render/sink.js';
import type { Shown } from './render/version.js';
import { writeAsXml } from './render/qualys-xml.js';

/**
 * Qualys records are about 6 KB in a `lean` fleet, and about 95 KB, like real records, in a `fat` fleet. CrowdStrike records are
 * 3 KB in both.
 */
export type FleetSize = 'lean' | 'fat';

const NO_LISTS: LongLists = { software: () => {}, vulns: () => {} };
const scratch = new Sink();

/** A fleet of `hosts` machines. It keeps only the order of each listing in memory (four bytes per record). */
export class Fleet {
  private touches = 0;
  private rounds: number[] = [];
  private revision = 0;
  private indices: Record<Vendor, Uint32Array> = { qualys: new Uint32Array(), crowdstrike: new Uint32Array() };

  constructor(
    readonly seed: number,
    private machines: number,
    readonly size: FleetSize,
  ) {
    this.order();
  }

  get hosts(): number {
    return this.machines;
  }

  get checkIns(): number {
    return this.touches;
  }

  touch(): void {
    this.touches++;
    this.revision++;
  }

  /** Changes a real field of about `fraction` of the machines. Returns the number of changed records per vendor. */
  change(fraction: number): Record<Vendor, number> {
    const round = this.rounds.push(fraction) - 1;
    this.revision++;
    const hit = (index: number): boolean => this.hit(index, round);
    return { qualys: this.indices.qualys.filter(hit).length, crowdstrike: this.indices.crowdstrike.filter(hit).length };
  }

  /** Removes the last machines (`by` below zero) or adds the next ones. */
  resize(by: number): void {
    this.machines = Math.max(0, this.machines + by);
    this.revision++;
    this.order();
  }

  /** A snapshot of the listing: a later change of size does not affect a page in progress. */
  listing(vendor: Vendor): Listing {
    const indices = this.indices[vendor];
    const { seed, machines } = this;
    const qualys = vendor === 'qualys';
    // Positions after the end return machines that are not in the fleet. Listings without an end use them.
    const indexAt = (position: number): number =>
      position < indices.length ? (indices[position] as number) : machines + position - indices.length;
    const id = (position: number): string =>
      qualys ? String(qualysId(seed, indexAt(position))) : deviceId(seed, indexAt(position));
    return {
      vendor,
      count: indices.length,
      version: this.revision,
      id,
      after: (wanted) => {
        const isAfter = (position: number): boolean =>
          qualys ? Number(id(position)) > Number(wanted) : id(position) > wanted;
        let low = 0;
        let high = indices.length;
        while (low < high) {
          const middle = (low + high) >>> 1;
          if (isAfter(middle)) high = middle;
          else low = middle + 1;
        }
        return low;
      },
      write: (position, dialect, sink) => this.write(vendor, indexAt(position), dialect, sink),
      plain: (position) => this.plain(vendor, indexAt(position)),
    };
  }

  /** Machines with their native ids, as lines of JSON. */
  *truth(): Generator<string> {
    for (let index = 0; index < this.machines; index++) {
      const { inQualys, inCrowdstrike } = coverageOf(this.seed, index);
      yield JSON.stringify({
        machine: index,
        ...(inQualys ? { qualys: String(qualysId(this.seed, index)) } : {}),
        ...(inCrowdstrike ? { crowdstrike: deviceId(this.seed, index) } : {}),
      });
    }
  }

  machine(index: number): Machine {
    return machineAt(this.seed, index);
  }

  private hit(index: number, round: number): boolean {
    return share(this.seed, index, PURPOSE.change + 100 * (round + 1)) < (this.rounds[round] as number);
  }

  private shown(index: number): Shown {
    let changes = 0;
    for (let round = 0; round < this.rounds.length; round++) if (this.hit(index, round)) changes++;
    return { seed: this.seed, machine: machineAt(this.seed, index), version: { touches: this.touches, changes } };
  }

  private plain(vendor: Vendor, index: number): Record<string, unknown> {
    const shown = this.shown(index);
    if (vendor === 'qualys') writeQualysHost(shown, 'plain', NO_LISTS, scratch);
    else writeCrowdstrikeDevice(shown, 'plain', scratch);
    return JSON.parse(scratch.drain()) as Record<string, unknown>;
  }

  private rows(machine: Machine, dialect: Dialect): RowPlan {
    const random = hash(this.seed, machine.index, PURPOSE.filler);
    const fat = this.size === 'fat' && !machine.agentless;
    return {
      platform: machine.os.platform,
      dialect,
      software: machine.agentless ? 0 : fat ? 60 + (random % 12) : 2 + (random & 1),
      vulns: fat ? 98 + ((random >>> 8) % 16) : 2 + ((random >>> 8) & 1),
      random,
      mark: String(machine.index % 10_000_000).padStart(7, '0'),
    };
  }

  private write(vendor: Vendor, index: number, dialect: Dialect, sink: Sink): void {
    const shown = this.shown(index);
    if (vendor === 'crowdstrike') {
      writeCrowdstrikeDevice(shown, dialect, sink);
      return;
    }
    const plan = this.rows(shown.machine, dialect);
    const lists: LongLists = { software: (to) => writeSoftware(plan, to), vulns: (to) => writeVulns(plan, to) };
    if (dialect === 'xml') writeAsXml(shown, lists, sink);
    else writeQualysHost(shown, dialect, lists, sink);
  }

  private order(): void {
    const qualys: number[] = [];
    const crowdstrike: number[] = [];
    for (let index = 0; index < this.machines; index++) {
      const { inQualys, inCrowdstrike } = coverageOf(this.seed, index);
      if (inQualys) qualys.push(index);
      if (inCrowdstrike) crowdstrike.push(spread32(index));
    }
    // Qualys ids increase with the index. Device ids increase with the spread form of the index.
    this.indices = {
      qualys: Uint32Array.from(qualys),
      crowdstrike: Uint32Array.from(crowdstrike).sort().map(unspread32),
    };
  }
}
