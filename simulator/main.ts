import { parseFlags } from './options.js';
import { startSimulator } from './server.js';
import { dateFleet } from './times.js';

/** Starts the simulator and prints its addresses in one line of JSON. Ends on SIGTERM, on SIGINT, or with its parent process. */
async function main(): Promise<void> {
  const args = process.argv.slice(2);
  // A parent process holds the other end of standard input, which also closes when the parent is killed.
  const helper = args.includes('--end-with-stdin');
  const options = parseFlags(args.filter((arg) => arg !== '--end-with-stdin'));
  if (options.now !== undefined) dateFleet(Date.parse(options.now));
  const simulator = await startSimulator(options);
  const { url, regionUrl, credentials } = simulator;
  const end = (): void => {
    simulator.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (helper) process.stdin.once('end', end).once('error', end).resume();
  process.stdout.write(`${JSON.stringify({ url, regionUrl, credentials })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`The simulator could not start: ${(error as Error).message}\n`);
  process.exit(2);
});
