import { copyFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import memoryServer from 'mongodb-memory-server-core/package.json';
import testing from '@temporalio/testing/package.json';
import type { BinaryKind } from './binaries.js';
import { intoCache } from './cache.js';
import type { Environment } from './path.js';
import { proxyFor } from '../../network/proxy.js';
import { probe } from './probe.js';
import { run } from '../run.js';

interface Download {
  /** The npm package that downloads the server. It chooses the version and the file for this operating system. */
  package: string;
  /** Name in the cache. */
  name: string;
  host: (environment: Environment) => string;
  /** Script for a separate Node process with the arguments `module` and the folder. It may print the path of the download. */
  script: string;
  module: () => string;
}

const TEMPORAL_HOST = 'https://temporal.download';

// `@temporalio/testing` cannot only download a server. The script therefore starts a server, which downloads it, and stops it.
const temporalScript = (create: 'createLocal' | 'createTimeSkipping') => `
  const [module, downloadDir] = process.argv.slice(1);
  const server = { executable: { type: 'cached-download', downloadDir, ttl: '1 day' } };
  require(module).TestWorkflowEnvironment.${create}({ server }).then((environment) => environment.teardown())
    .then(() => process.exit(0), (error) => { console.error('Error: ' + error.message); process.exit(1); });`;

const mongodScript = `
  const [module, downloadDir] = process.argv.slice(1);
  require(module).MongoBinary.getPath({ downloadDir })
    .then((path) => console.log('\\n' + path), (error) => { console.error('Error: ' + error.message); process.exit(1); });`;

export const DOWNLOADS: Record<BinaryKind, Download> = {
  temporal: {
    package: '@temporalio/testing',
    name: `temporal-download-${testing.version}`,
    host: () => TEMPORAL_HOST,
    script: temporalScript('createLocal'),
    module: () => require.resolve('@temporalio/testing'),
  },
  'temporal-test-server': {
    package: '@temporalio/testing',
    name: `temporal-test-server-download-${testing.version}`,
    host: () => TEMPORAL_HOST,
    script: temporalScript('createTimeSkipping'),
    module: () => require.resolve('@temporalio/testing'),
  },
  mongod: {
    package: 'mongodb-memory-server-core',
    name: `mongod-download-${memoryServer.version}`,
    host: (environment) => environment['MONGOMS_DOWNLOAD_MIRROR'] || 'https://fastdl.mongodb.org',
    script: mongodScript,
    module: () => require.resolve('mongodb-memory-server-core/lib/util/MongoBinary'),
  },
};

/** Downloads a server into the cache with the npm package for it. Throws an `Error` with the reason when it fails. */
export async function download(
  kind: BinaryKind,
  environment: Environment,
  notify: (line: string) => void,
): Promise<string> {
  const { host, module, name, package: by, script } = DOWNLOADS[kind];
  const from = new URL(host(environment));
  await probe(from, environment);
  notify(`downloading with ${by}`);
  return intoCache(environment, name, async (staging) => {
    const output = await run(process.execPath, ['-e', script, module(), staging], {
      environment: withOneProxy(from, environment),
      growing: staging,
    });
    if (kind !== 'mongod') return largestFile(staging);
    const printedPath = output.trim().split('\n').at(-1) ?? '';
    if (printedPath.startsWith(staging)) return printedPath;
    // The package found a program that it downloaded earlier for another project: copy it, and leave the original in place.
    const copy = join(staging, name);
    await copyFile(printedPath, copy);
    return copy;
  });
}

/** Sets the proxy that Rollcall determines, because the packages read fewer variables and interpret NO_PROXY differently. */
function withOneProxy(url: URL, environment: Environment): Environment {
  const proxy = proxyFor(url, environment)?.href;
  const others = Object.entries(environment).filter(([name]) => !/^(?:https?|no)_proxy$/i.test(name));
  return { ...Object.fromEntries(others), ...(proxy === undefined ? {} : { HTTPS_PROXY: proxy, HTTP_PROXY: proxy }) };
}

async function largestFile(folder: string): Promise<string> {
  const paths = (await readdir(folder, { recursive: true })).map((entry) => join(folder, entry));
  const files = await Promise.all(paths.map(async (path) => ({ path, stats: await stat(path) })));
  const largest = files.filter(({ stats }) => stats.isFile()).sort((a, b) => b.stats.size - a.stats.size)[0];
  if (!largest) throw new Error('the download left no file');
  return largest.path;
}
