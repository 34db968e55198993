import { execFile } from 'node:child_process';
import type { Binary } from './binaries.js';
import { isExecutable, type Environment } from './path.js';

const DEADLINE_MS = 5_000;

/** Checks the version that a program prints. Throws an `Error` with the reason when the program is not usable. */
export async function checkVersion(path: string, binary: Binary, environment: Environment): Promise<void> {
  if (!isExecutable(path)) throw new Error(`${path} is not an executable file`);
  const output = await versionOutput(path, environment);
  const match = binary.versionOutput.exec(output);
  if (!match) throw new Error(`${path} does not respond to --version as ${binary.command} does`);
  const version = match[1];
  if (version && Number.parseInt(version, 10) < binary.oldest) {
    throw new Error(`${path} is version ${version}, at least ${binary.oldest} is needed`);
  }
}

function versionOutput(path: string, environment: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: DEADLINE_MS, killSignal: 'SIGKILL', env: environment as NodeJS.ProcessEnv } as const;
    execFile(path, ['--version'], options, (error, stdout, stderr) => {
      if (error?.killed) reject(new Error(`${path} did not respond to --version within ${DEADLINE_MS / 1000} s`));
      else resolve(stdout + stderr);
    }).stdin?.end();
  });
}
