const asked = process.env['ROLLCALL_SOAK_SEED'];

/** What a run's chances are drawn from: always the same in `npm test`, another one in each `npm run test:soak`. */
export const SEED = Number(asked ?? 1);

/** How many of something: a few in `npm test`, a long series in `npm run test:soak`. */
export const series = (few: number, long: number): number => (asked === undefined ? few : long);

/** A test that `npm run test:soak` runs, and `npm test` does not. */
export const soakTest = asked === undefined ? test.skip : test;
