import { createHash } from 'node:crypto';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderIntoCache } from './programs/cache-folder.js';
import { proxyFor } from '../network/proxy.js';
import { onPath, type Environment } from './programs/path.js';
import { startProcess, type RunningServer } from './process.js';
import { run } from './run.js';

const VERSION = '1.7.1';

export const ELASTICMQ_NAME = `elasticmq-${VERSION}`;
export const ELASTICMQ_TITLE = `ElasticMQ ${VERSION} by Maven`;

const REPOSITORY = 'https://repo.maven.apache.org';

/** SHA-256 of the lines `name sha256` of all jars, sorted by name. */
const DIGEST = '6b57a0a18f71ed651ad89306f5d01d15120fb78ec74e31299e484f8e3985bc24';

const PROJECT = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>rollcall</groupId>
  <artifactId>elasticmq</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.elasticmq</groupId>
      <artifactId>elasticmq-server_2.13</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

export function javaOf(environment: Environment): string {
  const java = onPath('java', environment)[0];
  if (!java) throw new Error('no java on PATH');
  return java;
}

/** The argument of `java -cp` for a folder of jars or one complete jar. Throws an `Error` with the reason when there is none. */
export async function classPath(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() && path.endsWith('.jar')) return path;
  if (!found?.isDirectory()) throw new Error(`${path} is neither a jar nor a folder of jars`);
  if (!(await readdir(path)).some((name) => name.endsWith('.jar'))) throw new Error(`${path} holds no jar`);
  return join(path, '*');
}

/** Throws an `Error` unless the folder contains exactly the jars that Rollcall is tested with. */
export async function checkJars(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort();
  const whole = createHash('sha256');
  for (const name of names) {
    const jar = createHash('sha256').update(await readFile(join(folder, name)));
    whole.update(`${name} ${jar.digest('hex')}\n`);
  }
  if (whole.digest('hex') !== DIGEST) throw new Error('the jars are not those of the pinned digest');
}

/** Lets Maven fetch the jars into the cache. Throws an `Error` with the reason when it fails. */
export async function fetchJars(environment: Environment, notify: (line: string) => void): Promise<string> {
  javaOf(environment);
  const maven = onPath('mvn', environment)[0];
  if (!maven) throw new Error('no mvn on PATH');
  notify(`fetching ${ELASTICMQ_TITLE}`);
  return folderIntoCache(environment, ELASTICMQ_NAME, isWhole, async (folder, staging) => {
    const project = join(staging, 'pom.xml');
    await writeFile(project, PROJECT);
    // A repository inside the staging folder: the growth of the folder shows progress, and the repository is removed with the
    // folder.
    const options = ['-q', '-B', '-f', project, `-Dmaven.repo.local=${join(staging, 'repository')}`];
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`];
    await run(maven, [...options, ...goal], { environment: withMavenProxy(environment), growing: staging });
    await checkJars(folder);
  });
}

/**
 * Maven takes a proxy only from Java properties. The properties are passed in the environment, so that no process list shows
 * them.
 */
function withMavenProxy(environment: Environment): Environment {
  const proxy = proxyFor(new URL(REPOSITORY), environment);
  if (!proxy) return environment;
  const properties = ['http', 'https'].map(
    (scheme) => `-D${scheme}.proxyHost=${proxy.hostname} -D${scheme}.proxyPort=${proxy.port || '80'}`,
  );
  return { ...environment, MAVEN_OPTS: [environment['MAVEN_OPTS'] ?? '', ...properties].join(' ').trim() };
}

const isWhole = (folder: string) =>
  checkJars(folder).then(
    () => true,
    () => false,
  );

export interface ElasticMqOptions {
  /** Argument of `java -cp`. */
  classPath: string;
  port: number;
  environment: Environment;
  logFile?: string;
  /** Lets the server outlive this process. */
  detached?: boolean;
}

/** Starts ElasticMQ on loopback with queues in memory, and waits until it responds. Throws `Failure('server-unavailable')`. */
export async function startElasticMq(options: ElasticMqOptions): Promise<RunningServer> {
  const { port } = options;
  const settings = {
    'node-address.host': '127.0.0.1',
    'node-address.port': port,
    'rest-sqs.bind-hostname': '127.0.0.1',
    'rest-sqs.bind-port': port,
    'rest-sqs.sqs-limits': 'strict',
    'rest-stats.enabled': false,
  };
  return startProcess({
    title: 'ElasticMQ',
    binary: javaOf(options.environment),
    args: [
      '-Xmx256m',
      ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
      '-cp',
      options.classPath,
      'org.elasticmq.server.Main',
    ],
    ready: async (pid, log) => {
      // ElasticMQ keeps running if it cannot bind its port, so it is killed here.
      if (log.includes('Bind failed')) process.kill(pid, 'SIGKILL');
      // ElasticMQ logs this line once it has bound the port. Before that, a response may come from another server.
      return /ElasticMQ server \S+ started/.test(log) && (await isResponding(port));
    },
    logFile: options.logFile,
    detached: options.detached,
    explain,
  });
}

async function isResponding(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/?Action=ListQueues`, { signal: AbortSignal.timeout(1_000) });
  return response.ok;
}

/** Finds the line with the reason of a failed start. A long stack trace follows this line. */
function explain(log: string): string | undefined {
  return log
    .split('\n')
    .find((line) => /^\S*(Exception|Error)\b|^Error: /.test(line))
    ?.slice(0, 500);
}
