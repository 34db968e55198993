/** A ratio, and whether it meets its target. */
export const ratio = (value: number, target: number): string =>
  `${value.toFixed(2)} × (${value <= target ? 'met' : 'missed'}: ≤ ${target})`;

/** The share of the bare script's speed that Rollcall reaches. */
export const share = (floor: number, seconds: number, target: number): string =>
  `${((100 * floor) / seconds).toFixed(0)} % of its speed (${floor / seconds >= target ? 'met' : 'missed'}: ≥ ${100 * target})`;

/** A figure, and whether it is at most `target`. */
export const most = (value: number, target: number): string =>
  `${value} (${value <= target ? 'met' : 'missed'}: ≤ ${target})`;
