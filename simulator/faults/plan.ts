import type { Fault, FaultKind, Protocol } from './fault.js';

/** The faults that apply to one request. */
export type Effects = ReadonlyMap<FaultKind, Fault>;

const NONE: Effects = new Map();

function isFor({ kind, on }: Fault, protocol: Protocol): boolean {
  if (on !== undefined) return on === 'all' || on === protocol;
  // The redirect to another region also applies to the token endpoint.
  return protocol !== 'crowdstrike-token' || kind === 'region';
}

function appliesTo(fault: Fault, number: number): boolean {
  const { at, every, times } = fault;
  // These faults change the listing permanently after request `at`, so they apply to all later requests.
  if (fault.kind === 'insert-front' || fault.kind === 'delete-front') return number > (at ?? 1);
  if (every !== undefined) return number % every === 0 && number / every <= (times ?? Infinity);
  const first = at ?? 1;
  return number >= first && number < first + (times ?? (at === undefined ? Infinity : 1));
}

/** Counts the requests of each protocol and returns the faults that apply to the next one. */
export class FaultPlan {
  private faults: Fault[] = [];
  private counts = new Map<Protocol, number>();

  set(faults: Fault[]): void {
    this.faults = faults;
    this.counts.clear();
  }

  list(): readonly Fault[] {
    return this.faults;
  }

  next(protocol: Protocol): Effects {
    const number = (this.counts.get(protocol) ?? 0) + 1;
    this.counts.set(protocol, number);
    if (this.faults.length === 0) return NONE;
    const effects = new Map<FaultKind, Fault>();
    for (const fault of this.faults) {
      if (isFor(fault, protocol) && appliesTo(fault, number)) effects.set(fault.kind, fault);
    }
    return effects;
  }
}
