const soakSeed = process.env['ROLLCALL_SOAK_SEED'];

/** The seed of all random values: always the same in `npm test`, another one in each `npm run test:soak`. */
export const SEED = Number(soakSeed ?? 1);

/** `npm run test:soak -- --times N` makes each long series N times as long. */
const TIMES = Number(process.env['ROLLCALL_SOAK_TIMES'] ?? 1);

/** The number of cases: a few in `npm test`, a long series in `npm run test:soak`. */
export const series = (few: number, long: number): number => (soakSeed === undefined ? few : long * TIMES);

/** A test that `npm run test:soak` runs, and `npm test` does not. */
export const soakTest = soakSeed === undefined ? test.skip : test;
