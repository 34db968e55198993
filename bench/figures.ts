/** A ratio, and whether it holds its target. */
export const ratio = (value: number, target: number): string =>
  `${value.toFixed(2)} × (${value <= target ? 'held' : 'missed'}: ≤ ${target})`;

/** The share of the bare script's speed that Rollcall reaches. */
export const share = (floor: number, seconds: number, target: number): string =>
  `${((100 * floor) / seconds).toFixed(0)} % of its speed (${floor / seconds >= target ? 'held' : 'missed'}: ≥ ${100 * target})`;

/** A figure that is not to be larger than `target`. */
export const most = (value: number, target: number): string =>
  `${value} (${value <= target ? 'held' : 'missed'}: ≤ ${target})`;
