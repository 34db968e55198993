// Properties are tried with the same cases in each `npm test`, so that a change is not blamed for another one's; with others in
// each `npm run test:soak`.
require('fast-check').configureGlobal({ seed: Number(process.env.ROLLCALL_SOAK_SEED ?? 1) });
