import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import type { Check, Level } from '../../../diagnostics/doctor/check.js';
import { mongodbClockCheck, temporalClockCheck } from '../../../diagnostics/doctor/clock.js';
import { databaseDiskCheck, foldersCheck } from '../../../diagnostics/doctor/disk.js';
import { indexesCheck } from '../../../diagnostics/doctor/indexes.js';
import { keysCheck, neededKeysCheck } from '../../../diagnostics/doctor/keys.js';
import { mongodbCheck } from '../../../diagnostics/doctor/mongodb.js';
import { mergedCheck } from '../../../diagnostics/doctor/merged.js';
import { nodeCheck } from '../../../diagnostics/doctor/node.js';
import { openDoctor } from '../../../diagnostics/doctor/open.js';
import { postgresCheck } from '../../../diagnostics/doctor/postgres.js';
import { runChecks, worst } from '../../../diagnostics/doctor/run-checks.js';
import { schedulesCheck } from '../../../diagnostics/doctor/schedules.js';
import { collectedCheck, definitionsCheck } from '../../../diagnostics/doctor/sources.js';
import { textOf } from './text.js';
import { temporalCheck } from '../../../diagnostics/doctor/temporal.js';
import { vendorsCheck } from '../../../diagnostics/doctor/vendors.js';
import { EXIT } from '../../shared/exit.js';
import { seconds } from '../sources/check.js';

/** In the order of the output. */
const CHECKS: Check[] = [
  nodeCheck,
  mongodbCheck,
  indexesCheck,
  databaseDiskCheck,
  mongodbClockCheck,
  temporalCheck,
  temporalClockCheck,
  schedulesCheck,
  definitionsCheck,
  collectedCheck,
  mergedCheck,
  keysCheck,
  neededKeysCheck,
  postgresCheck,
  foldersCheck,
];

const CODES: Record<Level, number> = {
  ok: EXIT.ok,
  skipped: EXIT.ok,
  attention: EXIT.incomplete,
  down: EXIT.dependency,
};

interface Options {
  vendors?: boolean;
  timeout: number;
  json?: boolean;
}

export const doctorCommand = new Command('doctor')
  .description('check everything that Rollcall needs, and show how to fix what is wrong; nothing is changed')
  .option('--vendors', 'log in to each configured source, too: one request each')
  .option('--timeout <seconds>', 'how long each check may take', seconds, 5)
  .option('--json', 'print the findings as one JSON object')
  .addHelpText(
    'after',
    '\nIt exits with 0 when all is well, 4 when something needs attention, 5 when MongoDB, Temporal or PostgreSQL is down.' +
      '\n\nExamples:\n  npm run rollcall -- doctor\n  npm run rollcall -- doctor --vendors --json',
  )
  .action(async ({ vendors, timeout, json }: Options) => {
    const doctor = openDoctor(loadConfig(), timeout * 1000);
    try {
      const groups = await runChecks(CHECKS, doctor, timeout * 1000);
      // Runs after the other checks and with a long time limit, because vendors are slow.
      if (vendors) groups.push(...(await runChecks([vendorsCheck(timeout * 1000)], doctor, 600_000)));
      const status = worst(groups);
      if (json) process.stdout.write(`${JSON.stringify({ status, groups })}\n`);
      else process.stdout.write(`${textOf(groups)}\n`);
      process.exitCode = CODES[status];
    } finally {
      await doctor.close();
    }
  });
