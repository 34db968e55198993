/** How well a partition of records into hosts fits the truth. */
export interface Quality {
  records: number;
  machines: number;
  hosts: number;
  pair_precision: number;
  pair_recall: number;
  pair_f1: number;
  /** B-cubed: precision and recall of each record's own cluster, averaged. */
  b3_f1: number;
  /** Hosts that contain records of two machines or more. */
  over_merged: number;
  /** Machines whose records are in more than one host. */
  split: number;
  /** Records in the largest host. */
  largest: number;
}

/**
 * Exact measures from the counts of records for each pair of host and machine, never from pairs of records. Both arrays contain
 * a number from 0 for each record. Records of machine -1 are ignored. If there are no pairs, precision and recall are 1.
 */
export function measure(hostOf: Int32Array, machineOf: Int32Array): Quality {
  const kept = Array.from({ length: machineOf.length }, (_, at) => at).filter((at) => machineOf[at]! >= 0);
  const inHost = sizes(kept, hostOf);
  const inMachine = sizes(kept, machineOf);
  const order = byHost(kept, hostOf, inHost);

  let [together, over_merged, bPrecision, bRecall] = [0, 0, 0, 0];
  const hostsOfMachine = new Int32Array(inMachine.length);
  const cell = new Map<number, number>();
  for (let start = 0; start < order.length;) {
    const host = hostOf[order[start]!]!;
    const size = inHost[host]!;
    for (let at = start; at < start + size; at++) {
      const machine = machineOf[order[at]!]!;
      cell.set(machine, (cell.get(machine) ?? 0) + 1);
    }
    for (const [machine, count] of cell) {
      together += pairs(count);
      bPrecision += (count * count) / size;
      bRecall += (count * count) / inMachine[machine]!;
      hostsOfMachine[machine]!++;
    }
    if (cell.size > 1) over_merged++;
    cell.clear();
    start += size;
  }

  const records = kept.length;
  const pair_precision = share(together, sum(inHost, pairs));
  const pair_recall = share(together, sum(inMachine, pairs));
  return {
    records,
    machines: sum(inMachine, present),
    hosts: sum(inHost, present),
    pair_precision,
    pair_recall,
    pair_f1: harmonic(pair_precision, pair_recall),
    b3_f1: harmonic(share(bPrecision, records), share(bRecall, records)),
    over_merged,
    split: hostsOfMachine.reduce((split, hosts) => (hosts > 1 ? split + 1 : split), 0),
    largest: inHost.reduce((largest, size) => Math.max(largest, size), 0),
  };
}

const pairs = (count: number): number => (count * (count - 1)) / 2;
const present = (count: number): number => (count > 0 ? 1 : 0);
const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);
const harmonic = (a: number, b: number): number => (a + b === 0 ? 0 : (2 * a * b) / (a + b));

function sum(counts: Float64Array, of: (count: number) => number): number {
  let total = 0;
  for (const count of counts) total += of(count);
  return total;
}

function sizes(kept: readonly number[], groupOf: Int32Array): Float64Array {
  let groups = 0;
  for (const at of kept) groups = Math.max(groups, groupOf[at]! + 1);
  const counts = new Float64Array(groups);
  for (const at of kept) counts[groupOf[at]!]!++;
  return counts;
}

/** The kept records, grouped by host with a counting sort. */
function byHost(kept: readonly number[], hostOf: Int32Array, inHost: Float64Array): Int32Array {
  const next = new Int32Array(inHost.length);
  for (let host = 1; host < inHost.length; host++) next[host] = next[host - 1]! + inHost[host - 1]!;
  const order = new Int32Array(kept.length);
  for (const at of kept) order[next[hostOf[at]!]!++] = at;
  return order;
}
